"""Holidays, and the days before and after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.notes import warn_user
from tsrnn._input.validation import check_count, check_flag
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.countries import holidays_of
from tsrnn.features.days import day_numbers, days_of_steps, step_of_all
from tsrnn.features.frames import as_timestamp
from tsrnn.features.time_features import TimeFeatures

# How many holidays a warning names.
_MOST_NAMED = 5


class HolidayFeatures(TimeFeatures):
    """Holidays of a country, and the days before and after each, with a column of their own.

    Parameters
    ----------
    country : str, or dict of dates to names
        The code of a country, such as "DE", "US" or "GB", whose holidays the package `holidays`
        knows. Or days of one's own, those to come included, such as ``{"2024-11-29": "Black
        Friday", "2025-11-28": "Black Friday"}``: promotions, match days, paydays.
    before, after : int, default=0
        So many days before and after a holiday have columns of their own: named "Christmas Day -1"
        for the day before.
    subdivision : str or None
        The code of a part of the country, such as "BY", whose holidays count as well.
    observed : bool
        Whether days off in place of holidays at weekends count, which have names of their own.
    language : str or None
        In which holidays are named, such as "en_US"; by default that of the country.

    Attributes
    ----------
    holidays_ : list of str
        The names of holidays that were there at the fit.
    feature_names_ : list of str
        Those of the columns that are not 0 in all rows of the fit.

    Raises
    ------
    ImportError
        At the fit to a country, if the package `holidays` is not installed:
        ``pip install tsrnn[holidays]``.

    Warns
    -----
    UserWarning
        At the fit, if no holiday is there. In `transform`, for holidays that were not there at the
        fit: nothing is known of their effect, and none is assumed.

    Notes
    -----
    With time steps of more than a day, such as weeks and months, a column counts the days of the
    step that are the holiday; which days those are is read as pandas does: a week "W-FRI" ends with
    its stamp, months, quarters and years hold it, and steps of so many days begin with it. With
    steps of hours, all hours of a day are the holiday. Series that are fitted together, as in a
    panel, must have the same steps. Where names are joined, since two holidays fall on a day, each
    of them counts. A date that is estimated, as of a new moon to come, has the name that it has
    when it is known.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.features import HolidayFeatures
    >>> days = pd.date_range("2024-12-23", periods=4)
    >>> HolidayFeatures({"2024-12-25": "Christmas"}, before=1).fit_transform(days)
                Christmas -1  Christmas
    2024-12-23           0.0        0.0
    2024-12-24           1.0        0.0
    2024-12-25           0.0        1.0
    2024-12-26           0.0        0.0
    """

    holidays_: list[str]

    def __init__(
        self,
        country: str | Mapping[Any, str],
        before: int = 0,
        after: int = 0,
        *,
        subdivision: str | None = None,
        observed: bool = True,
        language: str | None = None,
    ) -> None:
        self.country = country
        self.before = before
        self.after = after
        self.subdivision = subdivision
        self.observed = observed
        self.language = language

    def validate_parameters(self) -> None:
        """Refuse arguments; see `TimeFeatures.validate_parameters`."""
        check_count("before", self.before, 0, 366)
        check_count("after", self.after, 0, 366)
        check_flag("observed", self.observed)
        if isinstance(self.country, Mapping):
            self._refuse_other_days()
            return
        if not isinstance(self.country, str) or not self.country:
            raise InvalidParameterError(
                "country must be the code of a country, such as 'DE', or a dict of dates to "
                f"names, got {self.country!r}"
            )
        for name in ("subdivision", "language"):
            if not isinstance(getattr(self, name), str | None):
                raise InvalidParameterError(
                    f"{name} must be a code or None, got {getattr(self, name)!r}"
                )

    def _refuse_other_days(self) -> None:
        for name in ("subdivision", "language"):
            if getattr(self, name) is not None:
                raise InvalidParameterError(
                    f"{name} is for a country by its code: leave it out beside days of one's own"
                )
        if not self.observed:
            raise InvalidParameterError(
                "observed=False is for a country by its code: leave it out beside days of one's own"
            )
        for date, name in self.country.items():  # type: ignore[union-attr]  # by its caller
            if not isinstance(name, str) or not name.strip():
                raise InvalidParameterError(f"country names {date!r} {name!r}: names are words")
        if not self.country:
            raise InvalidParameterError("country has no dates: give at least one")
        self._own_days()

    def learn(self, stamps: pd.Index) -> None:
        """Look which holidays there are; see `TimeFeatures.learn`."""
        counts = self._counts(stamps)
        self._columns = [column for column, count in counts.items() if count.any()]
        self.holidays_ = list(dict.fromkeys(name for name, _ in self._columns))
        self.feature_names_ = [name + (f" {d:+d}" if d else "") for name, d in self._columns]
        if not self._columns:
            warn_user(
                f"HolidayFeatures: none of the holidays lies between {stamps[0]} and {stamps[-1]}, "
                "so that nothing is learned of any"
            )

    def look_at(self, parts: Iterable[tuple[Any, pd.Index]]) -> None:
        """Look what the time steps are, of all series the same; see `TimeFeatures.look_at`."""
        self.step_ = step_of_all(parts, type(self).__name__)

    @property
    def label(self) -> str:
        """A few words for all columns; see `TimeFeatures.label`."""
        return f"holidays {self.country}" if isinstance(self.country, str) else "holidays"

    @property
    def n_columns(self) -> int:
        """The number of columns; see `TimeFeatures.n_columns`."""
        return len(self._columns)

    def columns_at(self, stamps: pd.Index, positions: np.ndarray) -> np.ndarray:
        """Return the columns; see `TimeFeatures.columns_at`."""
        counts = self._counts(stamps)
        known = set(self._columns)
        unseen = [one for one, count in counts.items() if one not in known and count.any()]
        if unseen:
            names = list(dict.fromkeys(name + (f" {d:+d}" if d else "") for name, d in unseen))
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            warn_user(
                f"HolidayFeatures: {', '.join(names[:_MOST_NAMED])}{more} did not occur at the "
                "fit, so that nothing is known of the effect: none is assumed"
            )
        nothing = np.zeros(len(stamps))
        columns = [counts.get(column, nothing) for column in self._columns]
        return np.column_stack(columns) if columns else np.empty((len(stamps), 0))

    def _counts(self, stamps: pd.Index) -> dict[tuple[str, int], np.ndarray]:
        """Return how many days of each step are a holiday, or so many days from one."""
        first, last = days_of_steps(stamps, self.step_, type(self).__name__)
        if not len(first):
            return {}
        days: dict[str, set[int]] = {}
        start, stop = int(first.min()) - self.after, int(last.max()) + self.before
        for day, name in self._holidays(start, stop):
            days.setdefault(name, set()).add(day)
        counts = {}
        for name in sorted(days, key=lambda one: (_day_of_year(min(days[one])), one)):
            for distance in range(-self.before, self.after + 1):
                shifted = np.sort(list(days[name])) + distance
                above = np.searchsorted(shifted, last, side="right")
                count = above - np.searchsorted(shifted, first, side="left")
                counts[name, distance] = count.astype(float)
        return counts

    def _holidays(self, start: int, stop: int) -> Iterator[tuple[int, str]]:
        """Yield the days, as numbers, and names of holidays between two days."""
        if isinstance(self.country, Mapping):
            found = self._own_days()
        else:
            years = range(_year_of(start), _year_of(stop) + 1)
            calendar = holidays_of(self.country, years, self._chosen())
            found = list(
                zip(day_numbers(pd.DatetimeIndex(list(calendar))), calendar.values(), strict=True)
            )
        for day, joined in found:
            if start <= day <= stop:
                for name in filter(None, map(str.strip, joined.split(";"))):
                    yield int(day), name

    def _chosen(self) -> dict[str, Any]:
        return {
            "subdiv": self.subdivision,
            "language": self.language,
            "observed": bool(self.observed),
        }

    def _own_days(self) -> list[tuple[int, str]]:
        try:
            dates = pd.DatetimeIndex([as_timestamp(date) for date in self.country])
        except (ValueError, TypeError) as error:
            raise InvalidParameterError(f"country holds dates that are none: {error}") from None
        if dates.hasnans:
            raise InvalidParameterError("country holds a date that is missing (NaT or None)")
        return list(zip(day_numbers(dates), self.country.values(), strict=True))  # type: ignore[union-attr]


def _year_of(day: int) -> int:
    return int(np.datetime64(day, "D").astype("M8[Y]").astype(int)) + 1970


def _day_of_year(day: int) -> int:
    return int(day - np.datetime64(day, "D").astype("M8[Y]").astype("M8[D]").astype(int))
