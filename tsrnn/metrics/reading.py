"""Reading of what metrics are given: numbers side by side, of the same rows and series."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_scalar

from tsrnn._time.labels import same_labels

_SAME_ROWS = (
    "Rows are compared by position: give both the same rows in the same order, as by .reindex(), "
    "or without labels, as by .to_numpy()"
)


def numbers(values: ArrayLike, name: str, *, infinite: bool = False) -> np.ndarray:
    """Return `values` as floats of one or two dimensions, masked and missing ones as NaN."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(float), np.nan)
    finite = False if infinite else "allow-nan"
    return check_array(
        values, dtype=float, ensure_2d=False, ensure_all_finite=finite, input_name=name
    )


def observations(y_true: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y_true` as floats and where it is observed."""
    y_true = numbers(y_true, "y_true")
    observed = ~np.isnan(y_true)
    if not np.all(np.any(observed, axis=0)):
        raise ValueError("y_true must hold at least one value that is not NaN in every series.")
    return y_true, observed


def beside(
    y_true: np.ndarray,
    observed: np.ndarray,
    values: ArrayLike,
    name: str,
    *,
    infinite: bool = False,
) -> np.ndarray:
    """Return `values` as floats that stand beside every observation of `y_true`."""
    values = numbers(values, name, infinite=infinite)
    if values.shape != y_true.shape:
        raise ValueError(
            f"{name} must have the shape of y_true, {y_true.shape}, got {values.shape}."
        )
    absent = np.flatnonzero(np.isnan(values) & observed)
    if len(absent):
        place = tuple(int(i) for i in np.unravel_index(absent[0], values.shape))
        raise ValueError(f"{name} is NaN at {place}, where y_true is observed.")
    return np.where(observed, values, 0.0)


def refuse_other_labels(
    one: Any, other: Any, name: str, other_name: str, cure: str = _SAME_ROWS
) -> None:
    """Refuse two pandas objects whose rows, or whose several series, have different labels."""
    refuse_other_rows(one, other, name, other_name, cure)
    refuse_other_series(one, other, name, other_name)


def refuse_other_rows(
    one: Any, other: Any, name: str, other_name: str, cure: str = _SAME_ROWS
) -> None:
    """Refuse two pandas objects whose rows have different labels."""
    if not all(isinstance(part, pd.Series | pd.DataFrame) for part in (one, other)):
        return
    labelled = not any(_are_numbered(part.index) for part in (one, other))
    if labelled and len(one) == len(other) and not same_labels(one.index, other.index):
        pairs = ((one.index[[i]], other.index[[i]]) for i in range(len(one)))
        row = next(i for i, pair in enumerate(pairs) if not same_labels(*pair))
        raise ValueError(
            f"{name} and {other_name} have different labels: in row {row} {one.index[row]} and "
            f"{other.index[row]}. {cure}"
        )


def refuse_other_series(one: Any, other: Any, name: str, other_name: str) -> None:
    """Refuse two DataFrames of several series with different names."""
    if not all(isinstance(part, pd.DataFrame) for part in (one, other)):
        return
    names = [part.columns for part in (one, other)]
    if any(map(_are_numbered, names)) or one.shape[1] != other.shape[1] or one.shape[1] < 2:
        return
    if not names[0].equals(names[1]):
        raise ValueError(
            f"{name} and {other_name} have different columns, {list(names[0])} and "
            f"{list(names[1])}: give both the same series in the same order"
        )


def _are_numbered(labels: pd.Index) -> bool:
    """Tell whether labels only number what they label, from 0."""
    return isinstance(labels, pd.RangeIndex) and labels.start == 0 and labels.step == 1


def mean_where(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean over time of the `values` under the `mask`, one a series."""
    return np.mean(values, axis=0, where=mask)


def root_mean_square_where(mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the root of the mean square of the `values` under the `mask`, one a series."""
    unit = np.max(np.abs(values), axis=0, where=mask, initial=0.0)  # so that squares stay finite
    unit = np.where(unit > 0.0, unit, 1.0)
    return unit * np.sqrt(mean_where(mask, np.square(values / unit)))


def check_period(period: Any) -> int | Literal["auto"]:
    """Return a number of time steps as an int, or "auto"."""
    if isinstance(period, str):
        if period == "auto":
            return "auto"
        raise TypeError(
            "period must be the number of time steps in a season, an int, or 'auto' for that of "
            f"the time stamps of y_train, got {period!r}"
        )
    return int(check_scalar(period, "period", Integral, min_val=1))


def check_level(level: Any) -> float:
    """Return the level of intervals, a fraction."""
    if isinstance(level, Real) and 1 < level < 100:  # type: ignore[operator]
        raise ValueError(
            f"level is a fraction between 0 and 1: for {level!r} percent write {level / 100:g}"
        )
    return float(
        check_scalar(level, "level", Real, min_val=0, max_val=1, include_boundaries="neither")
    )


def check_quantiles(quantiles: Any) -> np.ndarray:
    """Return quantiles, one or several, as floats between 0 and 1."""
    levels = numbers(np.atleast_1d(quantiles), "quantiles")
    if levels.ndim != 1:
        raise ValueError(f"quantiles must be a number or a list, got shape {levels.shape}")
    wrong = np.flatnonzero(~((levels > 0.0) & (levels < 1.0)))  # NaN too
    if len(wrong):
        place = int(wrong[0])
        raise ValueError(
            f"quantiles must lie between 0 and 1, both excluded, got {levels[place]} at {place}"
        )
    if len(np.unique(levels)) < len(levels):
        raise ValueError(f"quantiles must differ, got {levels.tolist()}")
    return levels


def training_steps(y_true: np.ndarray, y_train: ArrayLike, period: int) -> np.ndarray:
    """Return by how much training series differ from a period before, NaN where an end is missing.

    They must be the series of `y_true`, an array, and each needs one such difference.
    """
    y_train = numbers(y_train, "y_train")
    if y_train[:1].size == y_true[:1].size == 1:  # one series, in a column or flat
        y_train = y_train.reshape(-1, *y_true.shape[1:])
    if y_train.shape[1:] != y_true.shape[1:]:
        raise ValueError(
            f"y_train must hold the same series as y_true: got shapes {y_train.shape} and "
            f"{y_true.shape}."
        )
    steps = np.abs(y_train[period:] - y_train[:-period])
    if not np.all(np.any(~np.isnan(steps), axis=0)):
        raise ValueError(
            f"y_train must hold, in every series, two observed values that are period={period} "
            f"time steps apart; its shape is {y_train.shape}."
        )
    return steps


def quantile_forecasts(
    y_true: ArrayLike, y_quantiles: ArrayLike, quantiles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read forecasts of quantiles, laid out as `predict_quantiles` answers.

    Returns
    -------
    y_true, observed : (n, k) arrays
    forecasts : (Q, n, k) array
    """
    refuse_other_rows(y_true, y_quantiles, "y_true", "y_quantiles")
    _refuse_other_quantiles(y_true, y_quantiles, quantiles)
    names = y_quantiles.columns if isinstance(y_quantiles, pd.DataFrame) else None
    y_true, observed = observations(y_true)
    (n, k), n_quantiles = y_true.reshape(len(y_true), -1).shape, len(quantiles)
    if isinstance(y_quantiles, np.ma.MaskedArray):
        y_quantiles = np.ma.filled(y_quantiles.astype(float), np.nan)
    values = check_array(
        y_quantiles,
        dtype=float,
        ensure_2d=False,
        allow_nd=True,
        ensure_all_finite="allow-nan",
        input_name="y_quantiles",
    )
    accepted = [(n, n_quantiles, k)] + ([(n, n_quantiles)] if k == 1 else [])
    accepted += [y_true.shape] if n_quantiles == 1 else []
    if isinstance(names, pd.MultiIndex) and values.shape == (n, k * n_quantiles):
        values = values.reshape(n, k, n_quantiles).transpose(0, 2, 1)
    elif values.shape not in accepted:
        raise ValueError(
            f"y_quantiles must have the shape {' or '.join(map(str, accepted))}, as of "
            f"predict_quantiles with {n_quantiles} quantile(s), got {values.shape}"
        )
    forecasts = values.reshape(n, n_quantiles, k).transpose(1, 0, 2)
    y_true, observed = y_true.reshape(n, k), observed.reshape(n, k)
    absent = np.argwhere(np.isnan(forecasts) & observed)
    if len(absent):
        which, row, series = absent[0].tolist()
        raise ValueError(
            f"y_quantiles is NaN at row {row}, quantile {quantiles[which]:g}"
            f"{f', series {series}' if k > 1 else ''}, where y_true is observed."
        )
    return y_true, observed, np.where(observed, forecasts, 0.0)


def _refuse_other_quantiles(y_true: Any, y_quantiles: Any, quantiles: np.ndarray) -> None:
    """Refuse a DataFrame whose columns say that they are of other quantiles, or series."""
    if not isinstance(y_quantiles, pd.DataFrame):
        return
    of_series = isinstance(y_quantiles.columns, pd.MultiIndex)
    labels = y_quantiles.columns.get_level_values(-1)
    if not pd.api.types.is_numeric_dtype(labels.dtype):  # as read from a file
        read = pd.to_numeric(pd.Series(labels.astype(str)), errors="coerce")
        labels = labels if read.isna().any() else pd.Index(read.astype(float))
    if pd.api.types.is_float_dtype(labels.dtype):
        given = np.tile(quantiles, max(1, len(labels) // len(quantiles)))
        if len(given) != len(labels) or not np.allclose(labels, given, rtol=0, atol=1e-12):
            raise ValueError(
                f"y_quantiles has the columns {labels.unique().to_list()}, but quantiles are "
                f"{quantiles.tolist()}: give both the same, in the same order"
            )
    if of_series and isinstance(y_true, pd.DataFrame):
        series = y_quantiles.columns.droplevel(-1).unique()
        if not series.equals(y_true.columns) and not _are_numbered(y_true.columns):
            raise ValueError(
                f"y_true and y_quantiles have different series, {list(y_true.columns)} and "
                f"{list(series)}: give both the same series in the same order"
            )
