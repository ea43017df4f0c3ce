"""Rows that users pass beside a series: regressors, time stamps alone, and weights."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score

from tsrnn._input.frames import opened
from tsrnn._input.numbers import read_numbers
from tsrnn._input.series import is_single
from tsrnn._time.grid import is_time_index


def as_rows(X: Any, *, to_fit: bool = False) -> Any:
    """Return rows: an index of time stamps as a DataFrame without columns, other frames as pandas'.

    Parameters
    ----------
    X : object
    to_fit : bool
        Whether they are those of a fit, in which they come before the series.

    Raises
    ------
    ValueError, TypeError
        For anything else of one dimension.
    """
    X, _ = opened(X, "X")
    numbers = isinstance(X, pd.Index) and pd.api.types.is_float_dtype(X.dtype)
    if isinstance(X, pd.Index) and (is_time_index(X) or not numbers):
        return pd.DataFrame(index=X)
    is_flat = isinstance(X, pd.Index | pd.Series) or (isinstance(X, np.ndarray) and X.ndim == 1)
    if not is_flat and not (isinstance(X, list | tuple) and all(map(is_single, X))):
        return X
    accepted = (
        "X must be rows with a column for each regressor, or an index of time stamps; a horizon is "
        f"a single integer. Expected 2D array, got 1D array ({type(X).__name__} of {len(X)}): "
    )
    if is_time_index(pd.Index(X)) and not all(isinstance(label, Real) for label in X):
        raise TypeError(f"{accepted}pd.Index(X) makes time stamps of dates or periods")
    order = "; if it is the series, it comes second, as in fit(X, y)" if to_fit else ""
    raise ValueError(
        f"{accepted}Reshape your data by .reshape(-1, 1) if it is one regressor{order}"
    )


def unmasked(X: Any) -> Any:
    """Return masked regressors with NaN, which is refused, for what is masked."""
    return np.ma.filled(X.astype(float), np.nan) if isinstance(X, np.ma.MaskedArray) else X


def refuse_regressors(regressors: np.ndarray, who: str, cure: str) -> None:
    """Refuse regressors (n, p), for a forecaster that takes none.

    Raises
    ------
    ValueError
    """
    n_columns = regressors.shape[1]
    if n_columns:
        raise ValueError(
            f"{who} takes no regressors, but X has {n_columns} "
            f"column{'s' if n_columns > 1 else ''}: {cure}"
        )


def read_weights(sample_weight: Any, n_rows: int) -> np.ndarray:
    """Return the weights of rows; ones where there are none."""
    if sample_weight is None:
        return np.ones(n_rows)
    if isinstance(sample_weight, pd.Index):
        sample_weight = sample_weight.to_numpy()
    weights = read_numbers(sample_weight, "sample_weight")
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight must have shape ({n_rows},), one number a row of y, got {weights.shape}"
        )
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if wrong.size:
        row = wrong[0]
        raise ValueError(
            f"sample_weight must be finite and not negative, got {weights[row]} in row {row}"
        )
    if not weights.any():
        raise ValueError("sample_weight is 0 in every row: give some row a weight")
    return weights


def mean_r2(truth: np.ndarray, predictions: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean R2 of series (n, k), with weights of rows (n,), where both are known.

    Raises
    ------
    ValueError
        If there is no such row of a series, or none with a weight.
    """
    seen = ~(np.isnan(truth) | np.isnan(predictions))
    if not seen.any(axis=0).all():
        raise ValueError("y has no values to score against: all of a series are missing")
    without_weight = np.flatnonzero(weights @ seen == 0.0)
    if without_weight.size:
        raise ValueError(
            f"sample_weight is 0 in every row in which series {without_weight[0]} has a value"
        )
    scores = [
        r2_score(truth[rows, i], predictions[rows, i], sample_weight=weights[rows])
        for i, rows in enumerate(seen.T)
    ]
    return float(np.mean(scores))


def appended(pieces: tuple, piece: tuple[np.ndarray, ...]) -> tuple:
    """Append a piece, joined with those before it that are no longer: so they stay few.

    Pieces do not change: a copy of a forecaster may share them.
    """
    while pieces and len(pieces[-1][0]) <= len(piece[0]):
        piece = tuple(np.concatenate(pair) for pair in zip(pieces[-1], piece, strict=True))
        pieces = pieces[:-1]
    return (*pieces, piece)
