"""The days that time steps hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsrnn.features.frames import dates_of

# Steps up to so many days are days, of which some may be left out, or parts of them.
_A_DAY = 1.5

_WEEKDAYS = "MON TUE WED THU FRI SAT SUN".split()
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()


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
        return f"W-{_WEEKDAYS[dates[0].day_of_week]}"
    if 28.0 <= usual <= 31.0:
        return "M"
    starts, ends = dates.is_month_start.all(), dates.is_month_end.all()
    letter = "Q" if 89.0 <= usual <= 92.0 else "Y" if 365.0 <= usual <= 366.0 else None
    if letter is not None and (starts or ends):
        n_months = 3 if letter == "Q" else 12
        last = dates[0] + pd.DateOffset(months=n_months - 1 if starts else 0)
        return f"{letter}-{_MONTHS[last.month - 1]}"
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
