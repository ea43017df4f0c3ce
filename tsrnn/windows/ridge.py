"""Ridge regression in closed form as a member: the floor that every network has to beat.

It reads the windows x (T,) that a network would, in the same units, and says the same outputs
o = (y - b) / u of all steps at once (see `tsrnn.windows.readings`). With X and Y the centred
windows and outputs of n samples, and X'X = V diag(d) V',

    W(lambda) = Y'X V diag(1 / (d + lambda)) V'                                             (1)

A sample is left out, and predicted by the fit to the others, without a fit: it is then missed by

    e_i / (1 - h_i),    h_i = 1/n + sum_k (x_i' v_k)^2 / (d_k + lambda)                     (2)

where e_i is what the fit to all misses it by (the hat matrix has h_i on its diagonal). Of each step
the lambda is taken for which the mean square of (2) is least, on a grid of shares of the mean d.
Outputs are cut off at three times their root mean square, lest a few outliers should decide. The
distances of both quantiles are the same in all windows, in spreads of these: those that hold the
errors (2).

References
----------
.. [1] A. E. Hoerl, R. W. Kennard, Ridge regression: biased estimation for nonorthogonal problems,
   Technometrics 12 (1970).
.. [2] D. M. Allen, The relationship between variable selection and data augmentation and a method
   for prediction, Technometrics 16 (1974).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tsrnn.windows.columns import Beside, regression_start
from tsrnn.windows.level_losses import first_biases
from tsrnn.windows.network import without_outliers
from tsrnn.windows.samples import Samples

# Penalties, as shares of the mean of d: next to none, up to where nothing is left of the window.
_SHARES = 10.0 ** np.arange(-8.0, 3.0)

# Samples that are left out in turn: an even choice among more.
_LEFT_OUT = 20_000

# Numbers that are looked at at a time.
_CHUNK = 2**22

# Outputs are cut off at so many times their root mean square.
_CUT_OFF = 3.0

# How often weights of windows and of columns ahead are fitted in turn.
_TURNS = 4


@dataclass(frozen=True)
class Line:
    """A linear map from windows to outputs, with what it misses samples by that are left out.

    Attributes
    ----------
    weights : (H, T) array
    bias : (H,) array
    chosen : (k,) int array
        Samples that were left out in turn.
    predictions : (k, H) array
        Of the fits without each.
    """

    weights: np.ndarray
    bias: np.ndarray
    chosen: np.ndarray
    predictions: np.ndarray


def fit_line(x: np.ndarray, y: np.ndarray) -> Line:
    """Fit outputs (n, H) to windows (n, T), n at least 1, by (1), the penalties by (2).

    NaN in outputs is what is unknown: samples with one are left out, and where that leaves none,
    steps are fitted one by one.
    """
    whole = np.flatnonzero(~np.isnan(y).any(axis=1))
    if whole.size or y.shape[1] == 1:
        return _fit_whole(x if whole.size == len(x) else x[whole], y[whole], whole)
    lines = [fit_line(x, y[:, [j]]) for j in range(y.shape[1])]
    predictions = np.full(y.shape, np.nan)
    for j, one in enumerate(lines):
        predictions[one.chosen, j] = one.predictions[:, 0]
    weights, biases = zip(*((one.weights, one.bias) for one in lines), strict=True)
    return Line(np.concatenate(weights), np.concatenate(biases), np.arange(len(y)), predictions)


def _fit_whole(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> Line:
    n, T = x.shape
    if n == 0:
        return Line(np.zeros((y.shape[1], T)), np.zeros(y.shape[1]), rows, y)
    y = without_outliers(y, _CUT_OFF)
    center, middle = x.mean(axis=0, dtype=float), y.mean(axis=0)
    y = y - middle
    XX, YX = np.zeros((T, T)), np.zeros((y.shape[1], T))
    n_rows = max(1, _CHUNK // T)
    for start in range(0, n, n_rows):
        block = x[start : start + n_rows] - center
        XX += block.T @ block
        YX += y[start : start + n_rows].T @ block
    d, V = np.linalg.eigh(XX)
    d = np.maximum(d, 0.0)
    size = float(d.mean()) or 1.0  # windows that are all alike say nothing: any penalty will do
    some = np.unique(np.linspace(0, n - 1, _LEFT_OUT).astype(np.int64))
    XV, YXV = (x[some] - center) @ V, YX @ V
    squares = XV**2
    least, best = np.full(y.shape[1], np.inf), np.zeros(y.shape[1])
    missed = np.zeros((len(some), y.shape[1]))
    for penalty in size * _SHARES:
        of_others = _left_out(XV, squares, YXV, d + penalty, y[some], n)
        means = (of_others**2).mean(axis=0)
        is_better = means < least
        least = np.where(is_better, means, least)
        best = np.where(is_better, penalty, best)
        missed[:, is_better] = of_others[:, is_better]
    weights = (YXV / (d + best[:, None])) @ V.T  # (1)
    predictions = y[some] + middle - missed
    return Line(weights, middle - weights @ center, rows[some], predictions)


def _left_out(
    XV: np.ndarray, squares: np.ndarray, YXV: np.ndarray, d: np.ndarray, y: np.ndarray, n: int
) -> np.ndarray:
    """Return what fits to the others miss samples by, (k, H), by (2); `d` with the penalty."""
    hat = 1.0 / n + squares @ (1.0 / d)
    rest = np.maximum(1.0 - hat, 1e-9)  # a sample that no other one is like is not predicted
    return (y - XV @ (YXV / d).T) / rest[:, None]


Reader = Callable[[np.ndarray, Beside | None], tuple[np.ndarray, np.ndarray | None]]


def fit_ridge(samples: Samples, read: Reader) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit the map of samples: W_yh (3 H, N) and b_y (3 H,), the outputs as networks have them.

    And B (p,), what the points add for each change of columns since the level. W_yh and B are
    fitted in turn, each to what the other leaves.

    Parameters
    ----------
    samples : Samples
    read : callable
        Makes of windows (n, T), and of what columns say of them, what is read (n, N), and the
        changes of columns (n, H, p); None where there are none.
    """
    H, n = samples.n_ahead, samples.n_samples
    y, context = np.empty((n, H)), np.empty((n, 4))
    read_of, changes_of = [], []
    n_rows = max(1, _CHUNK // samples.window)
    for start in range(0, n, n_rows):
        some = slice(start, min(start + n_rows, n))
        chosen = np.arange(some.start, some.stop)
        x, of_some = samples.gather(chosen)
        inputs, changes = read(x, samples.beside(chosen))
        read_of.append(inputs)
        changes_of.append(np.empty((len(x), H, 0), np.float32) if changes is None else changes)
        context[some] = of_some[:, -4:]
        level, unit = context[some, 0], context[some, 1]
        y[some] = (of_some[:, :-4] - level[:, None]) / unit[:, None]
    x, changes = np.concatenate(read_of), np.concatenate(changes_of)
    path = np.zeros(changes.shape[2])
    line = fit_line(x, y)
    for _ in range(_TURNS if path.size else 0):
        path = regression_start(y, changes, x @ line.weights.T + line.bias)
        line = fit_line(x, y - changes @ path)
    unit, spread = context[line.chosen, 1], context[line.chosen, 3]
    errors = (y[line.chosen] - changes[line.chosen] @ path - line.predictions) * unit[:, None]
    weights, bias = np.zeros((3 * H, x.shape[1])), np.zeros(3 * H)
    weights[:H], bias[:H] = line.weights, line.bias
    bias[H:] = first_biases(errors, spread)
    return weights, bias, path
