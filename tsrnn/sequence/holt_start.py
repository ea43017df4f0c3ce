r"""Weights from which a network on lag windows forecasts as Holt's method does, before training.

Holt's method with a damped trend (phi = 1: the classic one), run along a window v_1 .. v_T,

    x_t = A x_{t-1} + g v_t,    A = F - g w'                                            (1)

has as states x the level and the trend, and forecasts j steps ahead of the window as

    c_j' x_T,    c_j = (1, phi + .. + phi^j)'                                           (2)

One alpha, one beta and one phi serve all windows: those that minimise the squared error of (2),
from an x_0 on the line through the first and the last value of the mean window, a step before it.
What is left of a state when x_0 is taken off begins at zero, as a network's does: with

    h_t = E (x_t - x_0),    h_t = E A E^{-1} h_{t-1} + E g v_t + E (A - I) x_0,    h_0 = 0     (3)

and E diagonal, h is an Elman layer of two units with identity activation, and (2) a head on it.
With tanh it is that up to the square of E, which is as large as outputs allow that differ from
Holt's by `TOLERANCE`: the larger it is, the better can training go on from there. Gates that are
constant, for their weights are zero, make a layer of GRU or LSTM out of (3):

    GRU   (1 - z) (A_n h + ..) + z h = A h + ..      A_n = (A - z I) / ((1 - z) r)      (4)
    LSTM  o ~ c,  i (A_g o c + ..) + f c = A c + ..  A_g = (A - f I) / (i o)            (5)

each again up to squares of E. Units beyond the first two start as they would, and without a say:
their head is zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsrnn._input.sequences import Sequences
from tsrnn._optim.scipy_minimize import minimize
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.cells.smoothing import HOLT
from tsrnn.exceptions import InvalidParameterError

# What outputs of a network that is not linear may differ from Holt's forecasts of the windows that
# it starts from: the root mean square, in standard deviations of the targets. It makes no more than
# 0.0025 of the targets' variance; with 0.02 training went on less well, for the smaller the states,
# the larger are the weights that read them and what a step of training does to outputs.
TOLERANCE = 0.05

# Typical states of the two units in the later half of windows, of the 1 that tanh ends at: those
# that are tried first and last, and the windows that they are tried on.
_LARGEST_STATE = 2.0
_SMALLEST_STATE = 1e-6
_N_TRIED = 20_000

# Of the larger of the two states, and of the windows, what the other, and the targets, are taken to
# vary by at least.
_LEAST_SIZE = 0.01

# How many times less than those of another step targets differ that start from their mean.
_SMALL = 100.0

# Biases of the gates that let through what the two units make of a step, and take the sign off for
# those that keep the state as it was.
_OPEN = 2.0

# What is searched, and from where: the best of these points are followed. phi = 1 is no damping.
_BOUNDS = ((0.0, 1.0), (0.0, 1.0), (0.8, 1.0))
_GRID = (
    (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0),
    (0.0, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0),
    (0.8, 0.9, 0.97, 1.0),
)
_N_STARTS = 3


@dataclass(frozen=True)
class HoltFit:
    """Holt's method fitted to windows.

    Attributes
    ----------
    theta : (3,) array
        alpha, beta, phi.
    initial_state : (2,) array
        Level and trend before every window.
    """

    theta: np.ndarray
    initial_state: np.ndarray


def holt_start(
    windows: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    architecture: Architecture,
    theta: np.ndarray,
    *,
    gain: np.ndarray | float = 1.0,
    offset: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Return weights from which a network's outputs are Holt's forecasts.

    Parameters
    ----------
    windows : (n, T) or (n, T, p) array
        As the network reads them; of several features the first is the series.
    targets : (n, m) array
        As the network is to predict them: output j + 1 is the value j + 1 steps after the window.
    weights : (n,) array or None
    architecture : Architecture
        One layer that reads forward, of two units or more: Elman with identity or tanh, GRU, LSTM.
    theta : (K,) array
        Weights as they would be; it is not changed.
    gain, offset : float or (m,) array
        A value v in the units of windows is gain * v + offset in those of targets: where both are
        standardised, gain is spread_x / spread_y and offset (centre_x - centre_y) / spread_y.

    Returns
    -------
    theta : (K,) array
        Within `TOLERANCE` of Holt's forecasts of the windows (of an even choice of them, if there
        are very many); exactly, but for rounding, where the activation is the identity. Of steps
        whose targets hardly differ, beside those of others, their mean.

    Raises
    ------
    InvalidParameterError
        For other networks.
    """
    _check(architecture)
    series = windows if windows.ndim == 2 else windows[:, :, 0]
    series = np.ascontiguousarray(series, dtype=float)
    m = targets.shape[1]
    gain, offset = (np.broadcast_to(np.asarray(one, float), (m,)) for one in (gain, offset))
    # Targets that differ so little, as those a season after the end of their window, would outweigh
    # all others in the fit, and in training the head that makes them of the two states. Constants
    # are not to be learned at all.
    is_small = (gain > _SMALL * gain.min()) | (targets == targets[0]).all(axis=0)
    fit = fit_holt(series, (targets - offset) / gain, weights, np.where(is_small, 0.0, gain))
    means = targets.mean(axis=0, dtype=float)
    gain, offset = np.where(is_small, 0.0, gain), np.where(is_small, means, offset)
    return laid_out(fit, series, targets, architecture, theta, gain=gain, offset=offset)


def fit_holt(
    windows: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    gain: np.ndarray | float = 1.0,
) -> HoltFit:
    """Fit one Holt's method to windows (n, T) and the values after them (n, m).

    Errors are weighted by `gain` before they are squared, and their squares by `weights`.
    """
    if weights is None:
        weights = np.ones(len(windows))
    initial_state = _before_mean_line(windows, weights)
    gain = np.broadcast_to(gain, targets.shape[1:])
    problem = _Problem(windows, targets, weights, gain, initial_state)
    grid = np.stack(np.meshgrid(*_GRID, indexing="ij")).reshape(3, -1)
    losses = [problem.loss_and_gradient(point)[0] for point in grid.T]
    best = min(
        (
            minimize(problem.loss_and_gradient, grid[:, i].copy(), list(_BOUNDS))
            for i in np.argsort(losses, kind="stable")[:_N_STARTS]
        ),
        key=lambda minimum: minimum.loss,
    )
    return HoltFit(best.theta, initial_state)


def _before_mean_line(windows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return level and trend of the line through the ends of the mean window, before it."""
    mean = weights @ windows / weights.sum()
    slope = (mean[-1] - mean[0]) / max(len(mean) - 1, 1)
    return np.array([mean[0] - slope, slope])


class _Problem:
    """The squared error of (2) over windows, in alpha, beta and phi.

    A forecast is linear in the window, so it takes no more of the windows than their moments, and a
    run of Holt's method along unit impulses: the cost does not depend on how many there are.
    """

    def __init__(
        self,
        windows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        gain: np.ndarray,
        initial_state: np.ndarray,
    ) -> None:
        n_steps, self._n_ahead = windows.shape[1], targets.shape[1]
        everything = np.column_stack([windows, np.ones(len(windows)), targets])
        self._moments = (everything * weights[:, None]).T @ everything / weights.sum()
        self._squares = gain**2
        self._unit = float(np.diag(self._moments)[n_steps + 1 :] @ self._squares) or 1.0
        # The last lane is what the initial state becomes.
        self._impulses = np.zeros((n_steps, 1, n_steps + 1))
        self._impulses[range(n_steps), 0, range(n_steps)] = 1.0
        self._starts = np.zeros((2, n_steps + 1))
        self._starts[:, n_steps] = initial_state

    def loss_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        n_lanes = self._starts.shape[1]
        lanes = np.repeat(theta[:, None], n_lanes, axis=1)
        states, outputs = unroll(HOLT, lanes, self._impulses, self._starts)
        ahead = forecast_weights(theta[2], self._n_ahead)
        errors = np.hstack([-ahead @ states[-1], np.eye(self._n_ahead)])
        slopes = errors @ self._moments
        loss = self._squares @ (errors * slopes).sum(axis=1)
        d_response = -2.0 * self._squares[:, None] * slopes[:, :n_lanes]
        d_states = np.zeros_like(states)
        d_states[-1] = ahead.T @ d_response  # (2)
        per_lane, _, _ = backpropagate(
            HOLT, lanes, self._impulses, states, outputs, d_states=d_states
        )
        gradient = per_lane.sum(axis=1)
        phi, powers = theta[2], np.arange(self._n_ahead)
        gradient[2] += (d_response @ states[-1, 1]) @ np.cumsum((powers + 1.0) * phi**powers)
        return float(loss) / self._unit, gradient / self._unit


def forecast_weights(phi: float, n_ahead: int) -> np.ndarray:
    """Return c_1 .. c_m of (2), (m, 2)."""
    return np.column_stack([np.ones(n_ahead), np.cumsum(phi ** np.arange(1, n_ahead + 1))])


def laid_out(
    fit: HoltFit,
    windows: np.ndarray,
    targets: np.ndarray,
    architecture: Architecture,
    theta: np.ndarray,
    *,
    gain: np.ndarray,
    offset: np.ndarray,
) -> np.ndarray:
    """Put a fitted Holt's method into the weights of a network; see `holt_start`."""
    states = _states(fit, windows)
    later = states[1 + windows.shape[1] // 2 :] - fit.initial_state[:, None]
    size = np.sqrt(np.mean(later**2, axis=(0, 2)))
    # A state that hardly moves, as the trend of lines, is no reason for huge weights.
    unit = np.maximum(size, _LEAST_SIZE * size.max()) if size.any() else np.ones(2)
    head = gain[:, None] * forecast_weights(fit.theta[2], len(gain))
    scale = 1.0
    if architecture.cell != "elman_identity":
        tried = np.unique(np.linspace(0, len(windows) - 1, _N_TRIED).astype(np.int64))
        wanted = (head @ states[-1][:, tried]).T + offset
        spread = targets[tried].std(axis=0)
        of_windows = np.abs(gain) * windows.std()
        allowed = TOLERANCE * np.maximum(spread, _LEAST_SIZE * of_windows)
        scale = _suitable_scale(
            fit, windows[tried], wanted, allowed, architecture, unit, head, offset
        )
    return _weights(fit, architecture, theta, scale / unit, head, offset)


def _suitable_scale(
    fit: HoltFit,
    windows: np.ndarray,
    wanted: np.ndarray,
    allowed: np.ndarray,
    architecture: Architecture,
    unit: np.ndarray,
    head: np.ndarray,
    offset: np.ndarray,
) -> float:
    """Return how large typical states may be, in units, for outputs to be as wanted."""
    small = Architecture(architecture.cell, 1, (2,), len(head))
    sequences = Sequences(
        np.ascontiguousarray(windows.reshape(-1, 1)),
        np.arange(len(windows) + 1, dtype=np.int64) * windows.shape[1],
    )
    nothing, scale = np.zeros(small.n_parameters), _LARGEST_STATE
    with Engine(small) as engine:
        while scale > _SMALLEST_STATE:
            weights = _weights(fit, small, nothing, scale / unit, head, offset)
            off = np.sqrt(np.mean((engine.predict(weights, sequences) - wanted) ** 2, axis=0))
            if (off <= allowed).all():
                break
            # Errors are as the square, in the limit.
            share = float(np.min(np.divide(allowed, off, out=np.ones_like(off), where=off > 0.0)))
            scale *= np.clip(np.sqrt(share), 0.1, 0.95)
    return scale


def _states(fit: HoltFit, windows: np.ndarray) -> np.ndarray:
    """Run (1) along windows: states (T + 1, 2, n)."""
    n = len(windows)
    theta = np.repeat(fit.theta[:, None], n, axis=1)
    x = np.ascontiguousarray(windows.T[:, None, :])
    return unroll(HOLT, theta, x, np.repeat(fit.initial_state[:, None], n, axis=1))[0]


def _weights(
    fit: HoltFit,
    architecture: Architecture,
    theta: np.ndarray,
    scale: np.ndarray,
    head: np.ndarray,
    offset: np.ndarray,
) -> np.ndarray:
    """Return weights with (3) as their first two units; `scale` is the diagonal of E."""
    alpha, beta, phi = fit.theta
    gains = np.array([alpha, alpha * beta])
    A = np.array([[1.0, phi], [0.0, phi]]) - np.outer(gains, [1.0, phi])  # (1)
    recurrent = scale[:, None] * A / scale
    inputs = scale * gains
    bias = scale * (A @ fit.initial_state - fit.initial_state)
    theta = theta.copy()
    weights = architecture.unpack(theta)
    D = architecture.hidden_sizes[0]
    gate_names = architecture.network_cell.gate_names
    W_hx, W_hh, b_h = (
        weights[name].reshape(len(gate_names), D, -1) for name in ("W_hx", "W_hh", "b_h")
    )
    # The gates of the two units read nothing, so they are constant.
    W_hx[:, :2] = W_hh[:, :2] = 0.0
    is_keeping = np.isin(gate_names, ["z", "f"])[:, None, None]
    b_h[:, :2] = np.where(is_keeping, -_OPEN, _OPEN)
    at = len(gate_names) - 1
    if architecture.cell == "gru":
        reset, update = _logistic(b_h[0, :2, 0]), _logistic(b_h[1, :2, 0])
        weights["b_hn"][:2] = 0.0
        recurrent = (recurrent - np.diag(update)) / ((1.0 - update) * reset)[:, None]  # (4)
        inputs, bias = inputs / (1.0 - update), bias / (1.0 - update)
    elif architecture.cell == "lstm":
        at = gate_names.index("g")
        into, kept, out = (_logistic(b_h[gate_names.index(name), :2, 0]) for name in "ifo")
        recurrent = (recurrent - np.diag(kept)) / (into[:, None] * out)  # (5)
        inputs, bias = inputs / into, bias / into
        scale = scale * out
    W_hx[at, :2, 0], W_hh[at, :2, :2], b_h[at, :2, 0] = inputs, recurrent, bias
    weights["W_yh"][:] = 0.0
    weights["W_yh"][:, :2] = head / scale
    weights["b_y"][:] = head @ fit.initial_state + offset
    return theta


def _logistic(a: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def _check(architecture: Architecture) -> None:
    """Refuse networks that Holt's method has no place in."""
    if architecture.cell in ("elman_relu", "elman_logistic"):
        raise InvalidParameterError(
            "init='holt' needs units that are linear for small numbers: activation='identity' or "
            f"'tanh', got {architecture.cell.removeprefix('elman_')!r}"
        )
    if len(architecture.hidden_sizes) > 1 or architecture.bidirectional:
        raise InvalidParameterError(
            "init='holt' is for one layer that reads forward: set hidden_layer_sizes to one number "
            "and bidirectional=False"
        )
    if architecture.hidden_sizes[0] < 2:
        raise InvalidParameterError(
            "init='holt' needs two hidden units, a level and a trend: set hidden_layer_sizes to 2 "
            "or more"
        )
