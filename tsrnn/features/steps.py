"""Events at given dates: levels that move for good, for a while, or for one time step."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.series import is_single
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.time_features import TimeFeatures


class StepFeatures(TimeFeatures):
    """Steps of the level at given dates, for good or for a while.

    Parameters
    ----------
    dates : list of dates, or of pairs of dates
        Each has a column. A date is a step, for good: 0 before it, and 1 from it on. A pair is a
        step there and back: 1 from its first date to its second, both included, and 0 elsewhere,
        such as a promotion or a closure; twice the same date is a single time step. Dates are
        whatever pandas reads as one, integers where these are the time stamps, or where rows
        only have numbers, which count from 0. A period counts where it holds the date.

    Attributes
    ----------
    feature_names_ : list of str
        Such as "step 2020-03-16" and "2020-03-16 to 2020-05-10".

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.features import StepFeatures
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> StepFeatures(["2024-01-03", ("2024-01-02", "2024-01-03")]).fit_transform(days)
                step 2024-01-03  2024-01-02 to 2024-01-03
    2024-01-01              0.0                       0.0
    2024-01-02              0.0                       1.0
    2024-01-03              1.0                       1.0
    2024-01-04              1.0                       0.0
    """

    def __init__(self, dates: Collection[Any]) -> None:
        self.dates = dates

    def validate_parameters(self) -> None:
        """Refuse arguments; see `TimeFeatures.validate_parameters`."""
        if isinstance(self.dates, str) or is_single(self.dates) or not len(self.dates):
            raise InvalidParameterError(
                "dates must be a list of dates, and pairs of them, such as ['2020-03-16'], got "
                f"{self.dates!r}"
            )
        for one in self.dates:
            if not is_single(one) and len(one) != 2:
                raise InvalidParameterError(
                    f"dates must hold dates, and pairs of a first and a last date, got {one!r}"
                )

    def learn(self, stamps: pd.Index) -> None:
        """Read the dates as the stamps are; see `TimeFeatures.learn`."""
        self.feature_names_ = []
        for one in self.dates:
            first, last = self._ends(one, stamps)
            if last is not None and last < first:
                raise InvalidParameterError(f"dates holds the pair {one!r}, which ends first")
            is_day = isinstance(first, pd.Timestamp)
            named = [
                str(end.date() if is_day and end == end.normalize() else end)
                for end in (first, last)
                if end is not None
            ]
            name = f"step {named[0]}" if last is None else " to ".join(dict.fromkeys(named))
            self.feature_names_.append(name)
        if len(set(self.feature_names_)) < len(self.feature_names_):
            raise InvalidParameterError(f"dates holds the same twice: {self.feature_names_}")

    @property
    def label(self) -> str:
        """A few words for all columns; see `TimeFeatures.label`."""
        return "steps"

    @property
    def n_columns(self) -> int:
        """The number of columns; see `TimeFeatures.n_columns`."""
        return len(self.dates)

    def columns_at(self, stamps: pd.Index, positions: np.ndarray) -> np.ndarray:
        """Return the columns; see `TimeFeatures.columns_at`."""
        columns = []
        for one in self.dates:
            first, last = self._ends(one, stamps)
            inside = np.asarray(stamps >= first)
            columns.append(inside if last is None else inside & np.asarray(stamps <= last))
        return np.column_stack(columns).astype(float)

    def _ends(self, one: Any, stamps: pd.Index) -> tuple[Any, Any]:
        """Return the first stamp of a step, and the last, None of one for good."""
        first, last = (one, None) if is_single(one) else one
        return _as_stamp(first, stamps), None if last is None else _as_stamp(last, stamps)


def _as_stamp(date: Any, stamps: pd.Index) -> Any:
    """Return a date as the stamps are."""
    if pd.isna(date):
        raise InvalidParameterError(f"dates holds {date!r}, which is no date")
    try:
        if isinstance(stamps, pd.PeriodIndex):
            return pd.Period(date, freq=stamps.freq)
        if isinstance(stamps, pd.DatetimeIndex):
            stamp = pd.Timestamp(date)
            if stamp.tz is None and stamps.tz is not None:
                return stamp.tz_localize(stamps.tz)
            return stamp if stamps.tz is not None else stamp.tz_localize(None)
        if isinstance(stamps, pd.TimedeltaIndex):
            return pd.Timedelta(date)
    except (ValueError, TypeError) as error:
        raise InvalidParameterError(f"dates holds {date!r}, which is no date: {error}") from None
    if isinstance(date, bool) or not isinstance(date, int | np.integer):
        raise InvalidParameterError(
            f"dates holds {date!r}, but the time stamps are integers, such as {stamps[0]}"
        )
    return int(date)
