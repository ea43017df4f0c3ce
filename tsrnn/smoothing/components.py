"""Level, trend and season along a series, as fitted smoothers have them after each of its values.

They are the states of the cell, which is run once more from the state before the first value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._scan.unroll import unroll
from tsrnn.smoothing.smoothers import SmootherBatch

# Numbers of states in memory at a time.
_MOST_NUMBERS = 2**20


class Components(NamedTuple):
    """Level, trend and season after each step, (n_timesteps, n_series) each.

    NaN before a series begins. A trend or season that a structure does not have is 0, as is the
    effect of regressors, which the level is net of, where there are none.
    """

    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray
    effect: np.ndarray


def components_along(
    smoothers: Sequence[SmootherBatch],
    initial_states: Iterable[np.ndarray],
    values: np.ndarray,
    regressors: np.ndarray,
) -> Components:
    """Run smoothers, of one series each, along the columns that they were fitted to.

    Parameters
    ----------
    smoothers : sequence of SmootherBatch
    initial_states : sequence of (n_state,) arrays
        Before the first values, in the units of the series net of all that regressors add.
    values : (n_timesteps, n_series) array
    regressors : (n_timesteps, n_features) array
    """
    parts = Components(*np.full((4, *values.shape), np.nan))
    for i, (smoother, state) in enumerate(zip(smoothers, initial_states, strict=True)):
        start = int(np.argmax(~np.isnan(values[:, i])))
        rows = Batch.of_columns(values[start:, [i]], regressors[start:])
        (level, trend, season), row = smoother.structure.places, start
        parts.effect[start:, i] = smoother.effect(rows) + _constant(smoother)
        for states in _states_along(smoother, state, rows):
            stop = row + states.shape[1]
            parts.level[row:stop, i] = states[level]
            parts.trend[row:stop, i] = 0.0 if trend is None else states[trend]
            parts.season[row:stop, i] = 0.0 if season is None else states[season]
            row = stop
    return parts


def _constant(smoother: SmootherBatch) -> np.ndarray:
    """Return what regressors add to the level of a linear structure at their offsets, (1,)."""
    added = (smoother.columns.offset * smoother.coefficients).sum(axis=1)
    return added if smoother.structure.is_linear else np.zeros(1)


def _states_along(
    smoother: SmootherBatch, initial_state: np.ndarray, rows: Batch
) -> Iterator[np.ndarray]:
    """Yield the states after stretches of the rows, (n_state, n_steps), in their units."""
    structure, scaling = smoother.structure, smoother.scaling
    state = structure.cell_state(np.asarray(initial_state, dtype=float))[:, None]
    if structure.is_linear:
        state[0] += _constant(smoother)
    state = scaling.scale_state(state, structure.is_share)
    z = scaling.scale(rows.values - smoother.effect(rows))
    stretch = max(1, _MOST_NUMBERS // structure.n_state)
    for start in range(0, len(z), stretch):
        x = z[start : start + stretch, None, None]
        states, _ = unroll(structure.cell, smoother.theta, x, state)
        state = states[-1]
        yield smoother.unscaled_state(np.ascontiguousarray(states[1:, :, 0].T))
