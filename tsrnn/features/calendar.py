"""Parts of dates: months, weekdays, hours, ends of months."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn._input.series import is_single
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.frames import dates_of
from tsrnn.features.time_features import TimeFeatures

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()

# Each of their values but one has a column.
_CATEGORIES: dict[str, Callable[[pd.DatetimeIndex], np.ndarray]] = {
    "quarter": lambda dates: dates.quarter,
    "month": lambda dates: dates.month,
    "week": lambda dates: dates.isocalendar().week.to_numpy(np.int64),
    "day": lambda dates: dates.day,
    "weekday": lambda dates: dates.day_of_week,
    "hour": lambda dates: dates.hour,
    "minute": lambda dates: dates.minute,
}

# One column each.
_NUMBERS: dict[str, Callable[[pd.DatetimeIndex], np.ndarray]] = {
    "weekend": lambda dates: dates.day_of_week >= 5,
    "month_start": lambda dates: dates.is_month_start,
    "month_end": lambda dates: dates.is_month_end,
    "quarter_start": lambda dates: dates.is_quarter_start,
    "quarter_end": lambda dates: dates.is_quarter_end,
    "year_start": lambda dates: dates.is_year_start,
    "year_end": lambda dates: dates.is_year_end,
    "days_in_month": lambda dates: dates.days_in_month,
    "business_days_in_month": lambda dates: _business_days(dates),
}


class CalendarFeatures(TimeFeatures):
    """Parts of dates, each value of a part with a column, but for the first of them.

    Parameters
    ----------
    parts : str or list of str
        Categories, whose values have columns of 0 and 1: "quarter", "month", "week" (of ISO 8601),
        "day" (of the month), "weekday", "hour", "minute". The first value has none: coefficients of
        the others tell how they differ from it. Columns of 0 and 1: "weekend", "month_start",
        "month_end", "quarter_start", "quarter_end", "year_start", "year_end" (the first or last
        day). And numbers: "days_in_month", and "business_days_in_month" from Monday to Friday.

    Attributes
    ----------
    levels_ : dict of str to list
        The values of each category that were there at the fit, the first being the one without a
        column.
    feature_names_ : list of str
        Such as "month=Feb", "weekday=Tue", "month_end".

    Warns
    -----
    UserWarning
        In `transform`, for values that were not there at the fit, as the months of a second half
        year are not in a first: nothing is known of their effect, and they are taken for the value
        without a column.

    Notes
    -----
    Dates with a time zone are read on its clocks, periods by their first moment.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.features import CalendarFeatures
    >>> days = pd.date_range("2024-02-28", periods=3)
    >>> CalendarFeatures(["weekday", "month_end"]).fit_transform(days)
                weekday=Thu  weekday=Fri  month_end
    2024-02-28          0.0          0.0        0.0
    2024-02-29          1.0          0.0        1.0
    2024-03-01          0.0          1.0        0.0
    """

    levels_: dict[str, list[Any]]

    def __init__(self, parts: str | Collection[str]) -> None:
        self.parts = parts

    def validate_parameters(self) -> None:
        """Refuse arguments; see `TimeFeatures.validate_parameters`."""
        known = (*_CATEGORIES, *_NUMBERS)
        if is_single(self.parts) and not isinstance(self.parts, str):
            raise InvalidParameterError(
                f"parts must be a word or a list of words, such as 'month', got {self.parts!r}"
            )
        parts = self._parts()
        for part in parts:
            if not isinstance(part, str) or part not in known:
                raise InvalidParameterError(
                    f"parts must be of {', '.join(map(repr, known))}, got {part!r}"
                )
        if not parts or len(set(parts)) < len(parts):
            raise InvalidParameterError(
                f"parts must name at least one part of dates, and each once, got {self.parts!r}"
            )

    def learn(self, stamps: pd.Index) -> None:
        """Look which values there are; see `TimeFeatures.learn`."""
        dates = dates_of(stamps, type(self).__name__)
        self.levels_ = {
            part: np.unique(_CATEGORIES[part](dates)).tolist()
            for part in self._parts()
            if part in _CATEGORIES
        }
        self.feature_names_ = []
        for part in self._parts():
            if part in _CATEGORIES:
                named = [f"{part}={_name(part, one)}" for one in self.levels_[part][1:]]
                self.feature_names_ += named
            else:
                self.feature_names_.append(part)

    @property
    def label(self) -> str:
        """A few words for all columns; see `TimeFeatures.label`."""
        return ", ".join(self._parts())

    @property
    def n_columns(self) -> int:
        """The number of columns; see `TimeFeatures.n_columns`."""
        one_each = sum(part in _NUMBERS for part in self._parts())
        return one_each + sum(len(levels) - 1 for levels in self.levels_.values())

    def columns_at(self, stamps: pd.Index, positions: np.ndarray) -> np.ndarray:
        """Return the columns; see `TimeFeatures.columns_at`."""
        dates = dates_of(stamps, type(self).__name__)
        columns = [np.empty((len(dates), 0))]
        for part in self._parts():
            if part in _NUMBERS:
                columns.append(np.asarray(_NUMBERS[part](dates), dtype=float)[:, None])
                continue
            values, levels = np.asarray(_CATEGORIES[part](dates)), self.levels_[part]
            unseen = np.setdiff1d(values, levels)
            if unseen.size:
                warn_user(
                    f"CalendarFeatures: {part} {', '.join(_name(part, one) for one in unseen)} "
                    f"did not occur at the fit, so that nothing is known of "
                    f"{'their effects' if unseen.size > 1 else 'its effect'}: the same as of "
                    f"{_name(part, levels[0])} is assumed"
                )
            columns.append((values[:, None] == np.array(levels[1:])).astype(float))
        return np.hstack(columns)

    def _parts(self) -> list[str]:
        return [self.parts] if isinstance(self.parts, str) else list(self.parts)


def _business_days(dates: pd.DatetimeIndex) -> np.ndarray:
    """Return how many days from Monday to Friday the month of each date has."""
    months = dates.to_numpy().astype("M8[M]")
    following = months + np.timedelta64(1, "M")
    return np.busday_count(months.astype("M8[D]"), following.astype("M8[D]"))


def _name(part: str, value: int) -> str:
    """Return the name of a value."""
    if part == "month":
        return _MONTHS[value - 1]
    return _WEEKDAYS[value] if part == "weekday" else str(value)
