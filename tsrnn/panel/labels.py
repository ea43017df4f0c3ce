"""Rows of one series that fall into the same step of a frequency: found, and made one row.

Steps are labelled as pandas labels them when it resamples: weeks, and ends of months, quarters and
years by their last day, all others by their beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from tsrnn._input.ragged import first_marked, offsets_of
from tsrnn._input.wording import Argument, Message
from tsrnn._time.freq import (
    MONTHS,
    as_offset,
    counted_step,
    days_of,
    month_of_year,
    time_step,
)
from tsrnn._time.stamps import Dates, StampCodec
from tsrnn._time.steps import business_days, months_of
from tsrnn.exceptions import InvalidParameterError
from tsrnn.panel.frame import Panel

Aggregate = Literal["sum", "mean", "last"]
AGGREGATES = get_args(Aggregate)
_FEWEST = 3  # steps before the last one, from which on that may look unfinished

_BY_LAST_DAY = (
    pd.offsets.BusinessMonthEnd,
    pd.offsets.BQuarterEnd,
    pd.offsets.BYearEnd,
)
_WITHIN_DAYS = (pd.offsets.BusinessHour, pd.offsets.CustomBusinessHour)


@dataclass(frozen=True)
class Reach:
    """The reach of rows into the steps that were finished, in ordinals, of all series taken.

    Attributes
    ----------
    n_steps : int
    least : int
        From the label of a step to its last row, where that was least.
    length : float
        Of a step; 0 where that is unknown.
    pause : int
        The longest time between two rows, while there are few steps.
    """

    n_steps: int
    least: int
    length: float
    pause: int


_NONE_SEEN = Reach(0, np.iinfo(np.int64).max, 0.0, 0)


def unfinished(
    ordinals: np.ndarray,
    labels: np.ndarray,
    starts: np.ndarray,
    codec: StampCodec,
    freq: object,
    before: Reach | None = None,
) -> tuple[str | None, Reach | None]:
    """Say that the last step may be unfinished: earlier ones hold rows until nearer to their ends.

    A sum of half a month is half a month's, and would be forecast from as if it were the whole.
    Where steps are few, the end of the last one is held against how far rows lie apart.

    Parameters
    ----------
    ordinals, labels : (n_rows,) int64 arrays
        Of the rows of all series, and of the steps that they fall into.
    starts : array
        The rows at which steps begin.
    codec : StampCodec
    freq : str, offset, int or None
        The steps; None for each stamp one, which is then whole.
    before : Reach, optional
        What was seen of earlier rows.

    Returns
    -------
    doubt : str or None
    reach : Reach or None
        What has been seen now.
    """
    if freq is None or not len(starts):
        return None, before
    seen = _NONE_SEEN if before is None else before
    last_rows = np.append(starts[1:], len(ordinals)) - 1
    steps, place = np.unique(labels[starts], return_inverse=True)
    ends = np.full(len(steps), np.iinfo(np.int64).min)
    np.maximum.at(ends, place, ordinals[last_rows])
    reached = ends - steps
    length = float(np.median(np.diff(steps))) if len(steps) > 1 else seen.length
    n_before = seen.n_steps + len(steps) - 1
    least = min(seen.least, int(reached[:-1].min(initial=seen.least)))
    pause, far = seen.pause, None
    # By a tenth of a step at least, for the last sale of a day is now earlier, now later.
    if n_before >= _FEWEST:
        if reached[-1] + 0.1 * length < least:
            far = "those of earlier steps reach further into theirs"
    else:
        pause = max(pause, int(np.diff(np.unique(ordinals)).max(initial=0)))
        if n_before and end_of_step(steps[-1], codec, freq) - ends[-1] > pause + 0.1 * length:
            far = "further from its end than any two rows lie apart"
    if far is None:
        return None, Reach(n_before + 1, min(least, int(reached[-1])), length, pause)
    step, end = codec.write(np.array([steps[-1], ends[-1]]))
    doubt = (
        f"the last time step, {step}, may be unfinished: its rows reach {end}, {far}; if it is, "
        "leave its rows out, for it counts as a whole"
    )
    return doubt, Reach(n_before, least, length, pause)


def aggregated(
    panel: Panel,
    how: str,
    freq: object,
    anchor: np.ndarray | None = None,
    before: Reach | None = None,
) -> tuple[Panel, dict[int, Exception], str | None, Reach | None]:
    """Make one row of the rows of a series that fall into the same step.

    Parameters
    ----------
    panel : Panel
        Without missing stamps.
    how : {"sum", "mean", "last"}
        Of the values that are not missing; missing where all are.
    freq : str, offset, int, or None
        The steps; None takes each stamp for one.
    anchor : (n_series,) int64 array, optional
        Ordinals at which a step of each series begins or ends; by its first row by default.
    before : Reach, optional
        What was seen of earlier rows.

    Returns
    -------
    panel : Panel
        Its stamps are the labels of the steps.
    failures : dict
        Why series, by their position, will not do: regressors with several values in a step.
    doubt : str or None
        That the last step may be unfinished.
    reach : Reach or None
    """
    ordinals, starts = joint_rows(panel, freq, anchor)
    doubt, reach = unfinished(panel.ordinals, ordinals, starts, panel.codec, freq, before)
    if len(starts) == len(ordinals):
        return replace(panel, ordinals=ordinals), {}, doubt, reach
    series = np.searchsorted(panel.offsets, starts, side="right") - 1
    regressors = panel.regressors[starts]
    failures: dict[int, Exception] = {}
    if regressors.shape[1]:
        lengths = np.diff(starts, append=len(ordinals))
        differs = (panel.regressors != np.repeat(regressors, lengths, axis=0)).any(axis=1)
        for i, row in zip(*first_marked(differs, panel.offsets), strict=True):
            stamp = panel.codec.write(ordinals[row : row + 1])[0]
            failures[int(i)] = ValueError(
                f"regressors have several values within the step {stamp}: which one counts is not "
                "for aggregate to say, so put the rows of each step together first"
            )
    values = combined(panel.values, starts, how)
    for row in np.flatnonzero(np.isinf(values)).tolist():
        error = ValueError(f"the {how} of the rows of a step goes beyond floats")
        failures.setdefault(int(series[row]), error)
    made = replace(
        panel,
        values=values,
        offsets=offsets_of(np.bincount(series, minlength=len(panel.ids))),
        regressors=regressors,
        ordinals=ordinals[starts],
    )
    return made, failures, doubt, reach


def joint_rows(
    panel: Panel, freq: object, anchor: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the label of each row's step, and the rows at which steps begin."""
    ordinals = panel.ordinals
    if freq is not None:
        ordinals = step_labels(ordinals, panel.offsets, panel.codec, freq, anchor)
    begins = np.ones(len(ordinals), dtype=bool)
    begins[1:] = ordinals[1:] != ordinals[:-1]
    begins[panel.offsets[:-1]] = True
    return ordinals, np.flatnonzero(begins)


def combined(values: np.ndarray, starts: np.ndarray, how: str) -> np.ndarray:
    """Combine stretches of values that begin at these rows; missing ones do not count."""
    missing = np.isnan(values)
    if how == "last":
        rows = last_known(missing, starts)
        return np.where(rows < 0, np.nan, values[rows])
    counts = np.add.reduceat(~missing, starts, dtype=np.int64)
    with np.errstate(over="ignore"):  # infinite sums are found where series are checked
        sums = np.add.reduceat(np.where(missing, 0.0, values), starts)
    return np.divide(
        sums,
        counts if how == "mean" else 1,
        out=np.full(len(starts), np.nan),
        where=counts > 0,
    )


def last_known(missing: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the last row that is not missing, of stretches that begin at these; -1 for none."""
    return np.maximum.reduceat(np.where(missing, -1, np.arange(len(missing))), starts)


def step_labels(
    ordinals: np.ndarray,
    offsets: np.ndarray,
    codec: StampCodec,
    freq: object,
    anchor: np.ndarray | None = None,
) -> np.ndarray:
    """Return the label of the step that each stamp falls into, as ordinals.

    Steps of several units, such as "2W", are counted from the first stamp of each series, or from
    the anchor.

    Raises
    ------
    InvalidParameterError
        If it is no frequency for stamps of this kind.
    """
    n_rows = np.diff(offsets)
    from_ordinals = ordinals[offsets[:-1]] if anchor is None else anchor
    if not isinstance(codec, Dates):
        begin, step = np.repeat(from_ordinals, n_rows), counted_step(codec, freq)
        return begin + (ordinals - begin) // step * step
    offset, per_day = as_offset(freq), codec.per_day
    if (of_time := time_step(offset, per_day)) is not None:
        if anchor is None:
            # From midnight on, as pandas counts.
            from_ordinals = codec.instants(codec.shown(from_ordinals) // per_day * per_day)
        begin = np.repeat(from_ordinals, n_rows)
        return begin + (ordinals - begin) // of_time[0] * of_time[0]
    days = codec.shown(ordinals) // per_day
    from_days = days[offsets[:-1]] if anchor is None else codec.shown(anchor) // per_day
    labels = _labels_of_days(days, np.repeat(from_days, n_rows), offset)
    return codec.instants(labels * per_day)


def end_of_step(label: int, codec: StampCodec, freq: object) -> int:
    """Return the ordinal at which a step with this label is over."""
    if not isinstance(codec, Dates):
        return int(label) + counted_step(codec, freq)
    offset = as_offset(freq)
    step = pd.DateOffset(days=1) if _is_by_last_day(offset) else offset
    try:
        end = codec.write(np.array([label]))[0] + step
    except (OverflowError, ValueError):  # beyond the end of time
        return int(label)
    return int(pd.DatetimeIndex([end]).as_unit(codec.unit).asi8[0])


def _is_by_last_day(offset: pd.tseries.offsets.BaseOffset) -> bool:
    """Tell whether steps are labelled by their last day."""
    if type(offset) in MONTHS:
        return MONTHS[type(offset)][1] == 31
    if isinstance(offset, pd.offsets.Week):
        return offset.weekday is not None
    return isinstance(offset, _BY_LAST_DAY)


def _labels_of_days(
    days: np.ndarray, begin: np.ndarray, offset: pd.tseries.offsets.BaseOffset
) -> np.ndarray:
    """Return the days that label the steps of days, counted from the step of `begin`."""
    if type(offset) in MONTHS:
        return _labels_of_months(days, begin, offset)
    if isinstance(offset, pd.offsets.Week) and _is_by_last_day(offset):
        day, first = (one + (offset.weekday - (one + 3) % 7) % 7 for one in (days, begin))
        return _from(first, day, days_of(offset), by_end=True)
    if isinstance(offset, pd.offsets.Day | pd.offsets.Week):
        return _from(begin, days, days_of(offset), by_end=False)
    if type(offset) is pd.offsets.BusinessDay and offset.n == 1:
        weeks, weekday = np.divmod(business_days(days), 5)
        return 7 * weeks + weekday - 3
    if isinstance(offset, _WITHIN_DAYS):
        raise InvalidParameterError(
            Message(
                "{freq} is none that rows can be joined by", freq=Argument("freq", offset.freqstr)
            )
        )
    # Some steps beyond both ends: the first lists the steps around it.
    around = pd.to_timedelta(800 * offset.n, unit="D")
    ends = np.array([days.min(), days.max()]).astype("M8[D]").astype("M8[s]")
    known = pd.date_range(ends[0] - around, ends[1] + around, freq=offset, unit="s", normalize=True)
    listed = known.asi8 // 86_400
    side: Any = "left" if _is_by_last_day(offset) else "right"
    return listed[np.searchsorted(listed, days, side=side) - (side == "right")]


def _labels_of_months(
    days: np.ndarray, begin: np.ndarray, offset: pd.tseries.offsets.BaseOffset
) -> np.ndarray:
    count, _ = MONTHS[type(offset)]
    by_end = _is_by_last_day(offset)
    months, first = months_of(days)[0], months_of(begin)[0]
    if count > 1:
        anchor = month_of_year(offset) - 1
        side = 1 if by_end else -1
        months, first = (one + side * (side * (anchor - one) % count) for one in (months, first))
    labels = _from(first, months, count * offset.n, by_end=by_end)
    # The day before the month after, where months are labelled by their ends.
    return (labels + by_end).view("M8[M]").astype("M8[D]").astype(np.int64) - by_end


def _from(first: np.ndarray, numbers: np.ndarray, step: int, *, by_end: bool) -> np.ndarray:
    """Return the steps from the first on, the one before each number, or the one after."""
    if by_end:
        return first - (first - numbers) // step * step
    return first + (numbers - first) // step * step
