"""Frequencies that users name, and what offsets of pandas mean in months, days and ordinals."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pandas as pd

from tsrnn._input.wording import Argument, ArgumentName, Message
from tsrnn._time.stamps import Periods, StampCodec, period_alias
from tsrnn.exceptions import InvalidParameterError

MONTHS = {  # how many, and the day
    pd.offsets.MonthBegin: (1, 1),
    pd.offsets.QuarterBegin: (3, 1),
    pd.offsets.YearBegin: (12, 1),
    pd.offsets.MonthEnd: (1, 31),
    pd.offsets.QuarterEnd: (3, 31),
    pd.offsets.YearEnd: (12, 31),
}


def as_offset(freq: object) -> pd.tseries.offsets.BaseOffset:
    """Return a frequency of dates as a pandas offset.

    Raises
    ------
    InvalidParameterError
    """
    accepted = Message(
        "{name} must be a pandas frequency such as 'D' or 'MS', got {freq!r}",
        name=ArgumentName("freq"),
        freq=freq,
    )
    if not isinstance(freq, str | pd.tseries.offsets.BaseOffset):
        raise InvalidParameterError(accepted)
    try:
        offset = pd.tseries.frequencies.to_offset(freq)
    except ValueError as error:
        message = Message("{accepted}: {error}", accepted=accepted, error=str(error))
        raise InvalidParameterError(message) from error
    if offset.n < 1:
        raise InvalidParameterError(Message("{accepted}: it must go forward", accepted=accepted))
    return offset


def counted_step(codec: StampCodec, freq: object) -> int:
    """Return the step of integers or ordinals that a frequency stands for.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(codec, Periods):
        offset = _period_offset(freq)
        if offset is None or offset.base != codec.freq.base or offset.n < 1:
            raise InvalidParameterError(
                Message(
                    "{freq} is no frequency of periods of {periods!r}",
                    freq=Argument("freq", freq),
                    periods=period_alias(codec.freq.base),
                )
            )
        return offset.n
    if isinstance(freq, bool) or not isinstance(freq, int | np.integer) or freq < 1:
        raise InvalidParameterError(
            Message(
                "{name} must be an integer >= 1 where time stamps are integers, got {freq!r}",
                name=ArgumentName("freq"),
                freq=freq,
            )
        )
    return int(freq)


def _period_offset(freq: object) -> pd.tseries.offsets.BaseOffset | None:
    """Read a frequency of periods, "M", or of dates at their ends, "ME"; None for any other."""
    for read in (pd.PeriodDtype, pd.tseries.frequencies.to_offset):
        with suppress(TypeError, ValueError):
            found = read(freq)
            return found.freq if isinstance(found, pd.PeriodDtype) else found
    return None


def month_of_year(offset: pd.tseries.offsets.BaseOffset) -> int:
    """Return the month that the quarters or years of an offset begin or end in."""
    return getattr(offset, "startingMonth", None) or offset.month


def days_of(offset: pd.tseries.offsets.BaseOffset) -> int:
    """Return how many days an offset of days or weeks is long."""
    return offset.n * (7 if isinstance(offset, pd.offsets.Week) else 1)


def time_step(offset: pd.tseries.offsets.BaseOffset, per_day: int) -> tuple[int, bool] | None:
    """Return how many ordinals an offset of hours or less is long, and whether that is exact.

    None for days and longer offsets.
    """
    is_days = isinstance(offset, pd.offsets.Day | pd.offsets.Week)  # Day is a Tick in pandas 2
    if is_days or not isinstance(offset, pd.offsets.Tick):
        return None
    step, rest = divmod(offset.nanos, 86_400_000_000_000 // per_day)
    return max(step, 1), rest == 0
