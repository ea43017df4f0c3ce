"""Units of scaled errors, for the series of a frame: what each changes by in a period, so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype, is_object_dtype, is_string_dtype

from tsrnn._time.labels import kind_of, stamps_of
from tsrnn.metrics.columns import Columns
from tsrnn.metrics.periods import periods_of_rows
from tsrnn.metrics.reading import numbers


class Scales(NamedTuple):
    """Mean size of the changes in a period, and the root of their mean square, one a row."""

    mean: np.ndarray
    root_mean_square: np.ndarray


def scales_of(
    frame: pd.DataFrame, columns: Columns, y_train: Any, period: int | Literal["auto"]
) -> Scales:
    """Return for each row of a frame the scales of its series, up to its cutoff.

    Raises
    ------
    ValueError
        If a series is not in `y_train`, or has no two values a period apart up to a cutoff.
    """
    found = _found(frame, columns, y_train, period)
    _refuse_without(frame, columns, found)
    _refuse_early_ends(frame, columns, found)
    return Scales(found.sums / found.counts, found.unit * np.sqrt(found.squares / found.counts))


def has_scale(
    frame: pd.DataFrame, columns: Columns, y_train: Any, period: int | Literal["auto"]
) -> np.ndarray:
    """Tell of which rows of a frame the series changes up to the cutoff, so that it has a scale."""
    found = _found(frame, columns, y_train, period)
    return (found.counts > 0) & (found.sums > 0.0)


class _Found(NamedTuple):
    """Changes in a period that are known up to the cutoffs of rows, an element a row each.

    `squares` are of changes in units of `unit`; `ends` is the last label that is known of the
    series, and `ends_early` whether that lies before the cutoff.
    """

    counts: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    unit: float
    is_there: np.ndarray
    periods: np.ndarray
    ends: pd.Series
    ends_early: np.ndarray


def _found(
    frame: pd.DataFrame, columns: Columns, y_train: Any, period: int | Literal["auto"]
) -> _Found:
    """Sum up for each row of a frame the changes of its series, up to its cutoff."""
    past = _long(y_train, columns)
    twice = np.flatnonzero(past.duplicated([_SERIES, _TIME]))
    if twice.size:
        row = past.iloc[twice[0]]
        raise ValueError(f"y_train has two rows at {row[_TIME]} of series {row[_SERIES]!r}")
    asked = pd.Series(0, frame.index) if columns.series is None else frame[columns.series]
    codes = pd.factorize(_joined(past[_SERIES], asked), use_na_sentinel=False)[0]
    series, asked = _split(codes, len(past))
    if columns.cutoff is None:  # all there is
        times, _ = _places(series, past[_TIME], asked[:0], past[_TIME][:0])
        ends: Any = np.iinfo(np.int32).max
    else:
        times, ends = _places(series, past[_TIME], asked, frame[columns.cutoff])
    n_times = int(max(times.max(), np.max(ends))) + 1
    key = series * n_times + times
    order = np.argsort(key, kind="stable")
    key, values, of_series = key[order], past[_VALUE].to_numpy()[order], series[order]
    last = np.searchsorted(key, asked * n_times + ends, side="right") - 1
    is_there = (last >= 0) & (of_series[last] == asked)
    if period == "auto":
        n_known = _known_at_first(values, of_series, asked[is_there], last[is_there])
        offsets = np.searchsorted(of_series, np.arange(len(n_known) + 1))
        periods = periods_of_rows(pd.Index(past[_TIME].iloc[order]), offsets, n_known)
    else:
        periods = np.full(int(of_series[-1]) + 1, period)
    steps = _changes(values, of_series, periods)
    counts, sums = _so_far(~np.isnan(steps), of_series), _so_far(np.nan_to_num(steps), of_series)
    unit = np.nanmax(steps, initial=0.0) or 1.0  # squares of these stay finite
    squares = _so_far(np.nan_to_num(steps / unit) ** 2, of_series)
    is_last = np.append(of_series[1:] != of_series[:-1], True)[last]
    return _Found(
        np.where(is_there, counts[last], 0),
        sums[last],
        squares[last],
        unit,
        is_there,
        periods[of_series[last]],
        past[_TIME].iloc[order[last]],
        is_last & (key[last] < asked * n_times + ends) & (columns.cutoff is not None),
    )


_SERIES, _TIME, _VALUE = "series", "time", "value"


def _long(y_train: Any, columns: Columns) -> pd.DataFrame:
    """Return training series as a long frame, whatever they are held in."""
    names = [one for one in (columns.series, columns.time) if one is not None]
    is_long = isinstance(y_train, pd.DataFrame) and set(names) <= set(y_train.columns)
    if is_long and columns.time is not None and columns.target in y_train:
        series = 0 if columns.series is None else y_train[columns.series].to_numpy()
        values = numbers(y_train[columns.target], f"y_train[{columns.target!r}]")
        time = y_train[columns.time].array
        return pd.DataFrame({_SERIES: series, _TIME: time, _VALUE: values})
    if isinstance(y_train, pd.DataFrame) and columns.time in y_train:  # beside the series
        y_train = y_train.set_index(columns.time)
    _refuse_no_series(y_train, columns)
    values = numbers(y_train, "y_train")
    labelled = isinstance(y_train, pd.Series | pd.DataFrame)
    index = y_train.index if labelled else pd.RangeIndex(len(values))
    values = values.reshape(len(values), -1)
    n_series = values.shape[1]
    if n_series > 1 and columns.series is None:
        raise ValueError(f"y_train has {n_series} series, but frame has no column that names them")
    labels = y_train.columns if isinstance(y_train, pd.DataFrame) else np.arange(n_series)
    series = np.repeat(0 if columns.series is None else labels, len(index))
    time = index.append([index] * (n_series - 1)).array
    return pd.DataFrame({_SERIES: series, _TIME: time, _VALUE: values.T.ravel()})


def _refuse_no_series(y_train: Any, columns: Columns) -> None:
    """Refuse what is neither series side by side nor a long frame with the columns of the frame."""
    wanted = "y_train must be the series, as they were given to backtest"
    names = [one for one in (columns.series, columns.time, columns.target) if one is not None]
    if isinstance(y_train, pd.DataFrame):
        words = [name for name, one in y_train.items() if not _holds_numbers(one)]
        if words:
            raise ValueError(
                f"{wanted}, or a long frame with the columns {names} of frame; got a frame with "
                f"the columns {list(y_train.columns)}, of which {words[0]!r} holds no numbers"
            )
    elif isinstance(y_train, Mapping | str | bytes) or np.ndim(y_train) == 0:
        raise TypeError(
            f"{wanted}, or a long frame with the columns {names}, got {type(y_train).__name__}"
        )


def _holds_numbers(column: pd.Series) -> bool:
    """Tell whether a column is of numbers, whatever they are held in."""
    if is_numeric_dtype(column.dtype) or not (is_object_dtype(column) or is_string_dtype(column)):
        return is_numeric_dtype(column.dtype)
    return bool((pd.to_numeric(column, errors="coerce").notna() | column.isna()).all())


def _places(
    series: np.ndarray, known: pd.Series, of_asked: np.ndarray, asked: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Return the places in time of stamps that are known of series, and of those asked for.

    Stamps have an order of their own; labels that are none have that in which the rows stand.
    """
    one, other = stamps_of(pd.Index(known)), stamps_of(pd.Index(asked))
    both = one.append(other) if len(other) else one
    are_numbers = is_numeric_dtype(one) and is_numeric_dtype(other)
    alike = kind_of(one) == kind_of(other) and (both.dtype == object) == (one.dtype == object)
    if len(other) and not (alike or are_numbers):
        raise ValueError(
            "the time stamps of y_train and the cutoffs of frame are of different kinds: "
            f"{one.dtype}, such as {one[0]}, and {other.dtype}, such as {other[0]}; give y_train "
            "with the index that y had in the backtest"
        )
    if are_numbers or kind_of(one) != "labels":
        return _split(pd.factorize(both, sort=True)[0], len(one))
    labels, asked_labels = _split(pd.factorize(both, use_na_sentinel=False)[0], len(one))
    n_labels = int(labels.max()) + 1 + len(other)
    places = pd.Series(series).groupby(series).cumcount()
    places.index = series * n_labels + labels
    found = places.reindex(of_asked * n_labels + asked_labels).to_numpy()
    has_any = np.isin(of_asked, series)
    absent = np.flatnonzero(np.isnan(found) & has_any)
    if absent.size:
        raise ValueError(
            f"y_train has no row {other[absent[0]]!r}, a cutoff of frame: labels that are no time "
            "stamps have the order of its rows, among which every cutoff must be"
        )
    return places.to_numpy(), np.where(has_any, found, 0.0).astype(np.int64)


def _joined(known: pd.Series, asked: pd.Series) -> pd.Index:
    """Join names of series, whatever they are held in."""
    return pd.Index(known).astype(object).append(pd.Index(asked).astype(object))


def _split(values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    return values[:size], values[size:]


def _known_at_first(
    values: np.ndarray, of_series: np.ndarray, asked: np.ndarray, last: np.ndarray
) -> np.ndarray:
    """Count the values that series have up to the first of the rows `last` that are asked of them.

    (n_series,); 0 of series that are not asked.
    """
    known = np.full(int(of_series[-1]) + 1, np.iinfo(np.int64).max)
    np.minimum.at(known, asked, _so_far(~np.isnan(values), of_series)[last])
    return np.where(known == np.iinfo(np.int64).max, 0, known)


def _changes(values: np.ndarray, of_series: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Return the sizes of the changes in a period, NaN in the first period of a series."""
    steps = np.full(len(values), np.nan)
    for period in np.unique(periods).tolist():
        later = np.arange(period, len(values))
        later = later[(periods[of_series[later]] == period)]
        later = later[of_series[later] == of_series[later - period]]
        steps[later] = np.abs(values[later] - values[later - period])
    return steps


def _so_far(values: np.ndarray, of_series: np.ndarray) -> np.ndarray:
    """Sum values up along each series."""
    return pd.Series(values).groupby(of_series).cumsum().to_numpy()


def _refuse_without(frame: pd.DataFrame, columns: Columns, found: _Found) -> None:
    """Refuse rows whose series have nothing to measure errors by."""
    wrong = np.flatnonzero(found.counts == 0)
    if not wrong.size:
        return
    row = frame.iloc[wrong[0]]
    which = _series_in_words(row, columns)
    until = "" if columns.cutoff is None else f" up to the cutoff {row[columns.cutoff]}"
    if not found.is_there[wrong[0]]:
        raise ValueError(f"y_train has no rows of {which}{until}")
    raise ValueError(
        f"y_train must hold two observed values of {which}{until} that are "
        f"period={found.periods[wrong[0]]} time "
        "steps apart"
    )


def _refuse_early_ends(frame: pd.DataFrame, columns: Columns, found: _Found) -> None:
    """Refuse rows whose series end before the cutoff."""
    wrong = np.flatnonzero(found.ends_early)
    if wrong.size:
        row = frame.iloc[wrong[0]]
        raise ValueError(
            f"y_train of {_series_in_words(row, columns)} ends at {found.ends.iloc[wrong[0]]}, "
            f"before the cutoff {row[columns.cutoff]}: give all that the forecaster was fitted to"
        )


def _series_in_words(row: pd.Series, columns: Columns) -> str:
    """Name the series of a row."""
    return "the series" if columns.series is None else f"series {row[columns.series]!r}"
