"""The season that a forecaster takes: its period, given or of the time stamps, and notes on it.

A forecaster takes it by its own parameter `period`, or one of the forecasters within it does.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone

from tsrnn._time.grid import TimeGrid
from tsrnn._time.season_length import (
    Season,
    found_note,
    longest_note,
    seasons_found,
    short_note,
    unseen_note,
    unseen_positions,
)


class PeriodTaker(BaseEstimator):
    """Base of what has a parameter `period`, or forecasters within that have one."""

    def _seeks_season(self) -> bool:
        """Tell whether the length of a season is to be found, here or by a forecaster within."""
        parts = self.get_params(deep=False)
        return _is_auto(parts.get("period")) or any(
            part._seeks_season() for part in parts.values() if isinstance(part, PeriodTaker)
        )

    def _in_season(self, season: Season) -> Self:
        """Return the forecaster for series of a season: the length of it wherever it says "auto".

        Raises
        ------
        ValueError
            If it is of no use without a season, and there is none.
        """
        parts = self.get_params(deep=False)
        changed: dict[str, Any] = {
            name: part._in_season(season)
            for name, part in parts.items()
            if isinstance(part, PeriodTaker) and part._seeks_season()
        }
        if _is_auto(parts.get("period")):
            changed["period"] = season.taken
        return clone(self).set_params(**changed) if changed else self

    def shares_season(self) -> bool:
        """Tell whether series too short for a season have that of others, learned from all.

        So it is where all that looks for a season here learns from all series at once.

        Returns
        -------
        does : bool
        """
        parts = self.get_params(deep=False)
        seekers = [
            part
            for part in parts.values()
            if isinstance(part, PeriodTaker) and part._seeks_season()
        ]
        is_taken_here = _is_auto(parts.get("period"))
        return not is_taken_here and bool(seekers) and all(one.shares_season() for one in seekers)

    def _taken_period(self) -> int | None:
        """Return the period of what `_in_season` returned, None of one that takes no period."""
        parts = self.get_params(deep=False)
        if "period" not in parts:
            return None
        return 1 if _is_auto(parts["period"]) else int(parts["period"])

    def _needed_steps(self) -> int:
        """Return how many time steps a series must have for the seasons that were given."""
        parts = self.get_params(deep=False)
        within = [one._needed_steps() for one in parts.values() if isinstance(one, PeriodTaker)]
        period = parts.get("period", 1)
        return max([1 if _is_auto(period) else int(period), *within])

    def _would_take(self, period: int, n_observed: int) -> bool:
        """Tell whether a period is taken, where it is given, of fewer than two seasons."""
        return n_observed > period

    def _wants_note(self, period: int) -> bool:
        """Tell whether a season that shows in series without dates is news."""
        return self._seeks_season()

    def _settled(self, values: np.ndarray, grid: TimeGrid) -> Self:
        """Return the forecaster with the season of series (n_timesteps, n_series) on a grid."""
        if not self._seeks_season():
            return self
        return self._in_season(grid.season.among(_most_observed(values)))

    def _season_notes(self, values: np.ndarray, grid: TimeGrid) -> list[Warning]:
        """Say which season is not looked for though there is, or may be, one."""
        if not self._seeks_season():
            return []
        n_series = values.shape[1]
        season = grid.season.among(_most_observed(values))
        if season.is_short:
            n_observed = _most_observed(values)
            would_take = self._would_take(season.period, n_observed)
            return [short_note(season, "y", n_observed, would_take)]
        if season.data:
            n_observed = np.count_nonzero(~np.isnan(values), axis=0)
            return [
                longest_note(season, f"series {i}", n_observed[i], "the longest column")
                for i in np.flatnonzero(n_observed < 2 * season.period).tolist()
                if season.period > 1
            ]
        offsets = np.arange(n_series + 1) * len(values)
        found = seasons_found(values.T.ravel(), offsets)
        noted = [i for i in range(n_series) if found[i] and self._wants_note(int(found[i]))]
        if not noted:
            return []
        name = "y" if n_series == 1 else f"series {noted[0]}"
        return [found_note(name, int(found[noted[0]]), len(noted) - 1)]

    def _has_season(self) -> bool:
        """Tell whether forecasts have a season of the method's own.

        One around another forecaster adjusts series, and tells itself where it cannot.
        """
        parts = self.get_params(deep=False)
        return "period" in parts and not any(isinstance(one, PeriodTaker) for one in parts.values())

    def _unseen_notes(self, values: np.ndarray) -> list[Warning]:
        """Say at which positions of the season series were never observed."""
        n_series = values.shape[1]
        if not self._has_season():
            return []
        offsets = np.arange(n_series + 1) * len(values)
        unseen = unseen_positions(values.T.ravel(), offsets, np.full(n_series, self.period_))
        left_out = self._model.without_season
        return [
            unseen_note(f"series {i}", unseen[i], self.period_) for i in unseen if i not in left_out
        ]


def _is_auto(period: Any) -> bool:
    return isinstance(period, str) and period == "auto"


def _most_observed(values: np.ndarray) -> int:
    """Return how many values the series (n_timesteps, n_series) with most of them has."""
    return int(np.count_nonzero(~np.isnan(values), axis=0).max())
