"""Random problems for the tests that run over all cells, and what to compare with."""

from dataclasses import dataclass

import naive
import numpy as np

from tsrnn.cells import CELLS
from tsrnn.cells.smoother_cell import SmootherCell

PREDICTING_CELLS = [name for name, make in CELLS.items() if make().n_outputs > 0]
# Those of demand move on by what it is, not by what their prediction of it missed.
INNOVATING_CELLS = [name for name in PREDICTING_CELLS if name not in ("croston", "tsb")]
# Those whose errors are linear in the initial state, and it is solved for: that of complex
# smoothing and of the dynamic theta method is taken from the series.
LINEAR_CELLS = [
    name
    for name in INNOVATING_CELLS
    if name != "holt_winters_mul" and not name.startswith("complex") and "theta" not in name
]


@dataclass
class Case:
    """A cell with parameters, an input and a loss that is linear in states and outputs."""

    name: str
    cell: SmootherCell
    theta: np.ndarray
    x: np.ndarray
    h_init: np.ndarray
    d_states: np.ndarray
    d_outputs: np.ndarray

    def lane(self, b, length=None):
        """Lane b alone, or the first steps of it."""
        lanes = slice(b, b + 1)
        length = len(self.x) if length is None else length
        return Case(
            self.name,
            self.cell,
            self.theta[:, lanes].copy(),
            self.x[:length, :, lanes].copy(),
            self.h_init[:, lanes].copy(),
            self.d_states[: length + 1, :, lanes].copy(),
            self.d_outputs[:length, :, lanes].copy(),
        )

    def naive_run(self, b=0):
        """States (T+1, S) and outputs (T, m) of one lane by the naive loop."""
        return naive.NAIVE[self.name](self.theta[:, b], self.x[:, :, b], self.h_init[:, b])

    def naive_loss(self, theta, x, h_init):
        """The loss of a case of one lane, by the naive loop."""
        states, outputs = naive.NAIVE[self.name](theta, x, h_init)
        return np.sum(self.d_states[:, :, 0] * states) + np.sum(self.d_outputs[:, :, 0] * outputs)


def keep_stable(name, theta):
    """Put a gamma in [0, 1] under 1 - alpha: beyond it the seasons explode."""
    if name.startswith("holt_winters"):
        theta[2] *= 1.0 - theta[0]
    return theta


def make_case(name, n_timesteps=12, n_lanes=1, *, seed=0, missing=False):
    """Parameters within their bounds, everything else standard normal."""
    rng = np.random.default_rng(seed)
    cell = CELLS[name]()
    rows = [
        rng.uniform(parameter.lower, parameter.upper, (parameter.size, n_lanes))
        if np.isfinite(parameter.upper - parameter.lower)
        # Small enough for states of order one over some tens of steps.
        else rng.normal(0.0, 0.5, (parameter.size, n_lanes))
        for parameter in cell.parameters
    ]
    x = rng.normal(size=(n_timesteps, cell.n_inputs, n_lanes))
    if missing:
        x[rng.random(x.shape) < 0.3] = np.nan
    h_init = rng.normal(size=(cell.n_state, n_lanes))
    if name == "holt_winters_mul":
        # It divides by its level and seasons, which must be well away from 0.
        x += 5.0
        h_init[0] += 5.0
        h_init[2:] = 1.0 + 0.1 * h_init[2:]
    if name in ("croston", "tsb"):
        # About half of the values are no demand, at a distance from where one begins, and the first
        # is one. An interval must be well away from 0.
        x[:1] = np.abs(x[:1])
        h_init[0] = 1.0 + 0.1 * h_init[0]
        h_init[1:] = 0.5 + np.abs(h_init[1:])
    if name == "dynamic_theta":
        # It divides by the count of values, which is positive.
        h_init[5] = 2.0 + np.abs(h_init[5])
    return Case(
        name,
        cell,
        keep_stable(name, np.concatenate(rows)),
        x,
        h_init,
        rng.normal(size=(n_timesteps + 1, cell.n_state, n_lanes)),
        rng.normal(size=(n_timesteps, cell.n_outputs, n_lanes)),
    )


def relative_error(actual, expected):
    """The norm of the difference in units of the norm of what is expected."""
    size = np.linalg.norm(np.ravel(expected))
    return np.linalg.norm(np.ravel(actual) - np.ravel(expected)) / (size if size > 0.0 else 1.0)
