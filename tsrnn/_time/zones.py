"""Dates of time zones: instants counted in UTC, and what clocks of the zone show at them."""

from __future__ import annotations

from datetime import tzinfo

import numpy as np
import pandas as pd


def from_utc(ordinals: np.ndarray, unit: str, tz: tzinfo | None) -> pd.DatetimeIndex:
    """Return dates of ordinals in UTC."""
    index = pd.DatetimeIndex(ordinals.view(f"M8[{unit}]"))
    return index if tz is None else index.tz_localize("UTC").tz_convert(tz)


def from_clock(shown: pd.DatetimeIndex, tz: tzinfo | None) -> pd.DatetimeIndex:
    """Return the dates at which clocks of the zone show times.

    As pandas resamples: the first of two equal times, and the end of an hour left out.
    """
    if tz is None:
        return shown
    first = np.ones(len(shown), dtype=bool)
    return shown.tz_localize(tz, ambiguous=first, nonexistent="shift_forward")
