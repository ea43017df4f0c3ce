r"""Coefficients of regressors beside a smoother, by its exact likelihood, with standard errors.

The errors of a linear smoother are linear in the initial state h and in the coefficients c: they
are :math:`e = e_0 - R c - G h`, where e_0, the columns of R and those of G are the errors that the
smoother makes on the series, on each regressor, and what each unit state takes off. With the
smoothing parameters where the likelihood of everything together is highest,

    c, h = least squares of e_0 on [R G],    Cov(c, h) = sigma^2 ([R G]' [R G])^-1     (1)

is the maximum, and its exact curvature in c and h: generalised least squares, the smoother being
what takes the correlation out. The parameters are as good as independent of c, for the former are
of the errors' correlation and the latter of their mean. Source: Hyndman, Koehler, Ord and Snyder,
Forecasting with Exponential Smoothing (2008), chapter 9; Harvey, Forecasting, Structural Time
Series Models and the Kalman Filter (1989), section 7.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.exceptions import ConvergenceWarning

from tsrnn._input.ragged import Batch
from tsrnn._scan.filtering import filter_series
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.smoothing.simple import SimpleExpSmoothingRNN
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.triple import TripleExpSmoothingRNN

# Smoothers whose errors are linear in coefficients.
_LINEAR = ("ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA")

# What is left of a column beside those before it, as a share of it, where it says nothing new.
_SAYS_NOTHING = 1e-7


@dataclass(frozen=True)
class Coefficients:
    """Coefficients of p regressors of N series.

    Attributes
    ----------
    values, errors : (N, p) arrays
        Coefficients and their standard errors; 0 and NaN of those that nothing tells of.
    roots : (N, p, p) array
        Of their covariances, which are ``root @ root.T``; 0 where there are none.
    origin : (N, p) array
        Where each effect is 0.
    labels : (N,) array of str
        The smoother that each series was given beside them, such as "ANA"; "" for a failure.
    """

    values: np.ndarray
    errors: np.ndarray
    roots: np.ndarray
    origin: np.ndarray
    labels: np.ndarray

    @classmethod
    def empty(cls, n_series: int, n_columns: int) -> Coefficients:
        """Return coefficients of 0, of which nothing is known."""
        zeros = np.zeros((n_series, n_columns))
        labels = np.full(n_series, "", dtype=object)
        roots = np.zeros((n_series, n_columns, n_columns))
        return cls(zeros, np.full_like(zeros, np.nan), roots, zeros.copy(), labels)

    def take(self, series: np.ndarray) -> Coefficients:
        """Return the coefficients of the series at these positions."""
        return Coefficients(*(getattr(self, one.name)[series] for one in fields(self)))

    def effect(self, regressors: np.ndarray) -> np.ndarray:
        """Return what regressors (n, p) add to each series, (n, N)."""
        return regressors @ self.values.T - (self.origin * self.values).sum(axis=1)

    def effect_of_rows(self, regressors: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Return what regressors (n_rows, p) add to the series of each row, (n_rows,)."""
        return ((regressors - self.origin[series]) * self.values[series]).sum(axis=1)

    def doubt(self, regressors: np.ndarray) -> np.ndarray:
        """Return what multiplies p normal draws to be the errors of effects, (n, N, p)."""
        from_origin = regressors[:, None] - self.origin
        return np.einsum("tip,ipq->tiq", from_origin, self.roots)

    def doubt_of_rows(self, regressors: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Return the same of the series of each row, (n_rows, p)."""
        from_origin = regressors - self.origin[series]
        return np.einsum("rp,rpq->rq", from_origin, self.roots[series])


def smoother_beside(forecaster: Forecaster, period: int) -> Forecaster:
    """Return the smoother that coefficients are learned beside.

    It is the forecaster itself where that has linear predictions and additive errors, and learns
    its initial state; otherwise the best by AIC of all that do.
    """
    parameters = forecaster.get_params(deep=False)
    if isinstance(forecaster, AutoExpSmoothingRNN):
        given = _LINEAR if forecaster.models is None else forecaster.models
        models = [one for one in _LINEAR if one in given] or _LINEAR
        parameters |= {"models": _of_period(models, period) or ["ANN"], "period": period}
        return AutoExpSmoothingRNN(**parameters)
    if isinstance(
        forecaster, SimpleExpSmoothingRNN | DoubleExpSmoothingRNN | TripleExpSmoothingRNN
    ):
        is_linear = parameters["error"] == "add" and parameters.get("seasonal") != "mul"
        is_learned = parameters["initial_state"] == "learned"
        if is_linear and is_learned and parameters["loss"] == "likelihood":
            return forecaster
    return AutoExpSmoothingRNN(period=period, models=_of_period(_LINEAR, period))


def _of_period(models: Iterable[str], period: int) -> list[str]:
    return [one for one in models if period > 1 or one.endswith("N")]


def learn_coefficients(
    smoother: Forecaster,
    batch: Batch,
    n_jobs: int | None = None,
) -> tuple[Coefficients, dict[int, Exception], dict[int, list[Warning]]]:
    """Learn the coefficients of the regressors of a batch.

    Returns
    -------
    coefficients : Coefficients
    failures : dict
        Why the series at these positions have none.
    notes : dict
        Whether a search ended early, by the position of the series.
    """
    found = Coefficients.empty(batch.n_series, batch.regressors.shape[1])
    model = smoother.fit_panel(batch.values, batch.offsets, batch.regressors, n_jobs)
    whole = batch.without_leading()
    for series, smoothers in model.parts:  # type: ignore[attr-defined]  # a SmoothingModel
        for k, i in enumerate(series.tolist()):
            one = whole.take(np.array([i]))
            found.origin[i] = np.median(one.regressors[~np.isnan(one.values)], axis=0)
            estimates = _estimates(smoothers.take(np.array([k])), one)
            found.values[i], found.errors[i], found.roots[i] = estimates
            found.labels[i] = smoothers.structure.label
    notes = {
        i: [note for note in lines if isinstance(note, ConvergenceWarning)]
        for i, lines in model.notes.items()
    }
    return found, dict(model.failures), notes


def _estimates(smoother: SmootherBatch, one: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return coefficients (p,), standard errors and the root of the covariance by (1)."""
    observed = ~np.isnan(one.values)
    y, X = one.values, one.regressors
    spread = np.abs(X - X[observed].mean(axis=0)).max(axis=0)
    unit = np.where(spread > 0.0, spread, 1.0)
    y_unit = np.abs(y[observed] - y[observed].mean()).max() or 1.0
    runs = np.vstack([(y - y[observed].mean()) / y_unit, ((X - X[observed].mean(axis=0)) / unit).T])
    errors = _errors(smoother, np.where(observed, runs, np.nan))[:, observed]
    n_columns = X.shape[1]
    target, of_columns, of_states = errors[0], errors[1 : 1 + n_columns], errors[1 + n_columns :]
    # The level comes first, since a constant is one; what else a state has in common with a column
    # is the column's.
    order = np.vstack([of_states[:1], of_columns, of_states[1:]])
    kept, basis, triangle = _independent(order)
    projected = basis @ target
    solution = solve_triangular(triangle, projected)
    n_learned = kept.size + smoother.structure.n_smoothing
    sse = float(((target - projected @ basis) ** 2).sum())
    variance = sse / (target.size - n_learned) if target.size > n_learned else np.nan
    values, bse = np.zeros(n_columns), np.full(n_columns, np.nan)
    is_column = (kept >= 1) & (kept <= n_columns)
    places = kept[is_column] - 1
    in_units = y_unit / unit[places]
    values[places] = solution[is_column] * in_units
    inverse = np.sqrt(variance) * solve_triangular(triangle, np.eye(kept.size))[is_column]
    # Units come last: the squares of very large or small ones would not be numbers.
    bse[places] = in_units * np.linalg.norm(inverse, axis=1)
    root = np.zeros((n_columns, n_columns))
    if np.isfinite(variance) and places.size:
        root[np.ix_(places, places)] = (
            in_units[:, None] * np.asarray(np.linalg.qr(inverse.T, mode="r")).T
        )
    return values, bse, root


def _errors(smoother: SmootherBatch, runs: np.ndarray) -> np.ndarray:
    """Return the errors on runs (r, T) from the zero state, and what unit states take off them."""
    structure, kept = smoother.structure, smoother.structure.kept
    n_runs, n_timesteps = runs.shape
    every = np.vstack([runs, np.tile(runs[:1], (kept.size, 1))])
    states = np.zeros((structure.cell.n_state, len(every)))
    states[kept, n_runs + np.arange(kept.size)] = 1.0
    rows = Batch.of_columns(every.T, np.empty((n_timesteps, 0)))
    theta = np.repeat(smoother.theta, len(every), axis=1)
    _, predictions = filter_series(structure.cell, rows, theta, states)
    predictions = predictions.reshape(every.shape)
    return np.vstack([runs - predictions[:n_runs], predictions[n_runs:] - predictions[0]])


def _independent(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find which of columns, laid as rows (m, n), say more than those before them.

    Returns
    -------
    kept : (k,) int array
    basis : (k, n) array
        Of unit vectors, each at right angles to the others.
    triangle : (k, k) array
        Upper triangular: the columns kept are ``triangle.T @ basis``.
    """
    kept: list[int] = []
    basis = np.empty((min(columns.shape), columns.shape[1]))
    triangle = np.zeros((len(basis), len(basis)))
    for j, column in enumerate(columns):
        k = len(kept)
        if k == len(basis):
            break
        rest, along = column, np.zeros(k)
        for _ in range(2):  # once more for what rounding has left
            more = basis[:k] @ rest
            rest, along = rest - more @ basis[:k], along + more
        size = float(np.linalg.norm(rest))
        if size <= _SAYS_NOTHING * float(np.linalg.norm(column)):
            continue
        basis[k], triangle[:k, k], triangle[k, k] = rest / size, along, size
        kept.append(j)
    k = len(kept)
    return np.array(kept, dtype=np.int64), basis[:k], triangle[:k, :k]
