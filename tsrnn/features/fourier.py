"""Waves of a season: pairs of a sine and a cosine."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsrnn._input.validation import check_count, check_number
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.time_features import TimeFeatures


class FourierFeatures(TimeFeatures):
    r"""Waves of a season: sines and cosines, smooth and few where a season is long.

    The columns are :math:`\sin(2 \pi k t / m)` and :math:`\cos(2 \pi k t / m)` for k from 1 to the
    order, where m is the period and t counts time steps from the first one of the series.

    Parameters
    ----------
    period : float
        Time steps of a season, more than 1; not necessarily a whole number: 365.25 for the year in
        daily data, 52.18 in weekly.
    order : int
        How many waves, at most half the period. A sine that is 0 at every step, that of the period
        of two steps, is left out.

    Attributes
    ----------
    feature_names_ : list of str
        Such as "sin 1/12" and "cos 1/12", k and the period.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.features import FourierFeatures
    >>> months = pd.period_range("2024-01", periods=3, freq="M")
    >>> FourierFeatures(12, 1).fit_transform(months).round(2)
             sin 1/12  cos 1/12
    2024-01      0.00      1.00
    2024-02      0.50      0.87
    2024-03      0.87      0.50
    """

    uses_positions = True

    def __init__(self, period: float, order: int) -> None:
        self.period = period
        self.order = order

    def validate_parameters(self) -> None:
        """Refuse arguments; see `TimeFeatures.validate_parameters`."""
        period = check_number("period", self.period, 1.0, np.inf, include_lower=False)
        order = check_count("order", self.order)
        if 2 * order > period:
            raise InvalidParameterError(
                f"order must be at most {int(period / 2)}, half the period of {period:g}: faster "
                f"waves look the same as slower ones, got {order}"
            )

    def learn(self, stamps: pd.Index) -> None:
        """Name the columns; see `TimeFeatures.learn`."""
        self.feature_names_ = [f"{wave} {k}/{self.period:g}" for k, wave in self._waves()]

    @property
    def label(self) -> str:
        """A few words for all columns; see `TimeFeatures.label`."""
        return f"waves of {self.period:g}"

    @property
    def n_columns(self) -> int:
        """The number of columns; see `TimeFeatures.n_columns`."""
        return len(self._waves())

    def columns_at(self, stamps: pd.Index, positions: np.ndarray) -> np.ndarray:
        """Return the columns; see `TimeFeatures.columns_at`."""
        functions = {"sin": np.sin, "cos": np.cos}
        # Whole turns are taken off first: far out they would cost digits.
        turns = [(k * positions / self.period) % 1.0 for k, _ in self._waves()]
        columns = [
            functions[wave](2.0 * np.pi * turn)
            for (_, wave), turn in zip(self._waves(), turns, strict=True)
        ]
        return np.column_stack(columns)

    def _waves(self) -> list[tuple[int, str]]:
        waves = [(k, wave) for k in range(1, int(self.order) + 1) for wave in ("sin", "cos")]
        return [one for one in waves if one[1] == "cos" or 2 * one[0] != self.period]
