"""The days that time steps hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsrnn.features.frames import dates_of

# Steps up to so many days are days, of which some may be left out, or parts of them.
_A_DAY = 1.5


def day_numbers(dates: pd.DatetimeIndex) -> np.ndarray:
    """Return days since 1970 on the clocks of dates."""
    return dates.tz_localize(None).to_numpy().astype("M8[D]").astype(np.int64)


def step_of(stamps: pd.Index, who: str) -> str | int:
    """Tell what time steps are: the alias of their periods, or how many days each lasts.

    Parameters
    ----------
    stamps : pandas.Index
        Dates or periods, sorted, each once.
    who : str
        Who asks, for errors.

    Raises
    ------
    TypeError
        If they are no dates.
    """
    if isinstance(stamps, pd.PeriodIndex):
        return stamps.freqstr
    dates = dates_of(stamps, who)
    apart = np.diff(dates.to_numpy()) / np.timedelta64(1, "D")
    usual = float(np.median(apart)) if apart.size else 1.0
    if usual <= _A_DAY:
        return 1
    if usual == 7.0 and (apart % 7.0 == 0.0).all():
        return f"W-{dates[0].day_name()[:3].upper()}"
    if 28.0 <= usual <= 31.0:
        return "M"
    if len(dates) > 2 and pd.infer_freq(dates) is not None and usual > 31.0:
        return pd.DatetimeIndex(dates, freq="infer").to_period().freqstr
    return int(np.ceil(usual))


def days_of_steps(stamps: pd.Index, step: str | int, who: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last day of each step, as days since 1970."""
    if isinstance(stamps, pd.PeriodIndex):
        periods = stamps
    else:
        dates = dates_of(stamps, who)
        if isinstance(step, int):
            first = day_numbers(dates)
            return first, first + step - 1
        periods = dates.to_period(step)
    return day_numbers(periods.start_time), day_numbers(periods.end_time)
