"""Frequencies that the network is told of: those that its synthetic series have.

That of a series is told by its time stamps, or else by its period, where that has but one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from tsrnn._time.season_length import Season

Frequency = Literal["yearly", "quarterly", "monthly", "weekly", "daily", "hourly", "unknown"]

# In the order in which the network reads them; "unknown" is none of them.
TOLD: tuple[Frequency, ...] = ("yearly", "quarterly", "monthly", "weekly", "daily", "hourly")

_OF_DATA: dict[str, Frequency] = {f"{name} data": name for name in TOLD}
_OF_DATA |= dict.fromkeys(("half-hourly data", "quarter-hourly data"), "hourly")
_OF_DATA["data of business days"] = "daily"

_OF_PERIOD: dict[int, Frequency] = {4: "quarterly", 12: "monthly", 52: "weekly", 7: "daily"}
_OF_PERIOD |= {5: "daily", 24: "hourly", 48: "hourly", 96: "hourly", 168: "hourly"}


def frequency_of_season(season: Season) -> Frequency:
    """Return the frequency of series whose time stamps tell of a season."""
    return _OF_DATA.get(season.data, "unknown")


def frequency_of_period(period: int) -> Frequency:
    """Return the frequency of series of which a period is all that is known."""
    return _OF_PERIOD.get(period, "unknown")


def told(frequency: Frequency) -> np.ndarray:
    """Return what the network reads of a frequency, (6,)."""
    return np.array([float(one == frequency) for one in TOLD])
