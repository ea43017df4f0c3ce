"""The theta method fitted to many series at once: which learn, which are too short to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import Scaling
from tsrnn._scan.filtering import filter_series
from tsrnn.cells.smoother_cell import SmootherCell
from tsrnn.cells.theta import DYNAMIC_THETA, THETA
from tsrnn.theta.model import ThetaModel
from tsrnn.theta.search import HELD, N_FIRST, Begun, Free, Learned, begin, learn

# The least theta that is learned together with alpha alone. A theta near 1, by which a forecast
# follows no trend, is often learned from series that go on to follow theirs. By forecasts of the
# last values of the training parts of M3 from those before, from three origins, it was chosen among
# 1, 1.25, 1.43, 1.5, 1.67 and 2: sMAPE and MASE are 13.03 and 1.440 with 1, and 12.99 and 1.433. In
# the same way, from two origins, M4's yearly series have 14.62 and 3.356 with 1, and 14.65 and
# 3.352; its weekly ones, which would rather have 1, 8.47 and 2.601, and 8.58 and 2.609.
LEAST_THETA = 1.5


@dataclass(frozen=True)
class Variant:
    """A variant of the method.

    Attributes
    ----------
    is_dynamic : bool
        Whether the line goes on with the series.
    learns_theta : bool
    learns_level : bool
        Whether the level before the first value is learned, too.
    """

    is_dynamic: bool
    learns_theta: bool
    learns_level: bool = False

    @property
    def cell(self) -> SmootherCell:
        """The cell of it."""
        return DYNAMIC_THETA if self.is_dynamic else THETA

    @property
    def free(self) -> Free:
        """The numbers that are learned of each series."""
        w = self.cell.parameters[1]
        lower = w.lower if self.learns_level else 1.0 - 1.0 / LEAST_THETA
        share = (lower, w.upper) if self.learns_theta else (HELD[1], HELD[1])
        return Free(self.learns_level, share)

    @property
    def n_numbers(self) -> int:
        """The number of numbers found for a series: the level, alpha, and theta perhaps."""
        return 3 if self.learns_theta else 2

    @property
    def n_needed(self) -> int:
        """The number of values that it takes to learn."""
        return N_FIRST + self.n_numbers + 1


VariantName = Literal["dynamic-optimized", "optimized", "dynamic", "standard"]

VARIANTS: dict[VariantName, Variant] = {
    "dynamic-optimized": Variant(is_dynamic=True, learns_theta=True),
    "optimized": Variant(is_dynamic=False, learns_theta=True),
    "dynamic": Variant(is_dynamic=True, learns_theta=False),
    "standard": Variant(is_dynamic=False, learns_theta=False),
}


@dataclass(frozen=True)
class ThetaFit:
    """The theta method fitted to N series.

    Attributes
    ----------
    model : ThetaModel
        At their ends.
    predictions, deviations : (R,) arrays
        One-step-ahead, in the units of the series; NaN for the first values, where they are left
        out of what is learned from.
    numbers : dict of (N,) arrays
        Fitted attributes.
    notes : dict
        What the user should know of the series at these positions.
    """

    model: ThetaModel
    predictions: np.ndarray
    deviations: np.ndarray
    numbers: dict[str, np.ndarray]
    notes: dict[int, tuple[Warning, ...]]


def fit_series(
    variant: Variant,
    batch: Batch,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> ThetaFit:
    """Fit series that begin with an observed value, and have two.

    `name` says what to call series i in warnings, and `progress` is called with the number of
    series done.
    """
    scaling = Scaling.of(batch)
    scaled = replace(batch, values=scaling.take(batch.series_of_row).scale(batch.values))
    cell = variant.cell
    begun = begin(cell, scaled, _states_before(variant, scaled), variant.free)
    can_learn = batch.count_observed() >= variant.n_needed
    learned = _learned(variant, begun, can_learn, n_jobs, progress)
    _, predictions = filter_series(cell, begun.rest, learned.theta, learned.states)
    errors = np.where(np.isnan(begun.rest.values), 0.0, begun.rest.values - predictions)
    sse = begun.rest.sums(errors**2)
    sigma = _sigma(variant, scaled, begun, sse, can_learn)
    size, n_series, n_observed = cell.n_state, batch.n_series, batch.count_observed()
    start = ThetaModel(
        variant.is_dynamic,
        learned.theta,
        scaling,
        learned.states,
        sigma,
        np.zeros((n_series, size, size)),
        n_observed - begun.rest.count_observed() if variant.is_dynamic else n_observed,
        np.zeros(n_series, dtype=np.int64),
    )
    model, *parts = start.advance_scaled(begun.rest)
    rows = np.flatnonzero(batch.steps >= begun.n_first[batch.series_of_row])
    ahead, deviations = np.full((2, batch.values.size), np.nan)
    each = scaling.take(batch.series_of_row[rows])
    ahead[rows], deviations[rows] = each.unscale(parts[0]), each.unscale_difference(parts[1])
    unit = scaling.unscale_difference(np.ones(n_series))
    with np.errstate(over="ignore", under="ignore"):
        numbers = {
            "alpha_": learned.theta[0],
            "theta_": 1.0 / (1.0 - learned.theta[1]),
            "sse_": sse * unit * unit,
            "sigma2_": (sigma * unit) ** 2,
            "n_iter_": learned.n_iter,
            "converged_": learned.converged,
        }
    return ThetaFit(
        model, ahead, deviations, numbers, _notes(variant, batch, learned, can_learn, name)
    )


def _states_before(variant: Variant, batch: Batch) -> np.ndarray:
    """Return states (S, N) before the first value, from a level of 0, which is that value.

    With the line that stays: the least-squares line through what was observed, at t = 1, 2, ..
    """
    if variant.is_dynamic:
        states = np.zeros((DYNAMIC_THETA.n_state, batch.n_series))
        states[DYNAMIC_THETA.state_names.index("decay")] = 1.0
        return states
    n, owner, seen = batch.count_observed(), batch.series_of_row, ~np.isnan(batch.values)
    time, values = np.where(seen, batch.steps + 1.0, 0.0), np.where(seen, batch.values, 0.0)
    mean_time, mean = batch.sums(time) / n, batch.sums(values) / n
    time = np.where(seen, time - mean_time[owner], 0.0)
    slope = batch.sums(time * values) / batch.sums(time**2)
    level, decay = np.zeros(n.size), np.ones(n.size)
    return np.stack([level, mean - slope * mean_time, slope, decay])


def _learned(
    variant: Variant,
    begun: Begun,
    can_learn: np.ndarray,
    n_jobs: int | None,
    progress: Callable[[int], Any] | None,
) -> Learned:
    """Learn from the series that are long enough; hold what others are smoothed with."""
    long = np.flatnonzero(can_learn)
    if progress is not None and long.size < can_learn.size:
        progress(can_learn.size - long.size)
    learned = Learned(
        np.repeat(HELD[:, None], can_learn.size, axis=1),
        begun.states.copy(),
        np.zeros(can_learn.size, dtype=np.int64),
        np.ones(can_learn.size, dtype=bool),
    )
    if long.size:
        found = learn(variant.cell, begun.take(long), variant.free, n_jobs, progress)
        learned.theta[:, long], learned.states[:, long] = found.theta, found.states
        learned.n_iter[long], learned.converged[long] = found.n_iter, found.converged
    return learned


def _sigma(
    variant: Variant, batch: Batch, begun: Begun, sse: np.ndarray, can_learn: np.ndarray
) -> np.ndarray:
    """Return the standard deviation of innovations, (N,).

    That of changes from one value to the next where nothing was learned: the few errors there are
    of a prediction that has little to do with the series.
    """
    n_free = np.maximum(begun.rest.count_observed() - variant.n_numbers, 1)
    variance = sse / n_free
    if not can_learn.all():
        short = batch.take(np.flatnonzero(~can_learn))
        observed = np.flatnonzero(~np.isnan(short.values))
        owner = short.series_of_row[observed]
        squares = np.diff(short.values[observed]) ** 2
        squares[owner[1:] != owner[:-1]] = 0.0
        total = np.bincount(owner[1:], weights=squares, minlength=short.n_series)
        variance[~can_learn] = total / (short.count_observed() - 1)
    return np.sqrt(variance)


def _notes(
    variant: Variant,
    batch: Batch,
    learned: Learned,
    can_learn: np.ndarray,
    name: Callable[[int], str],
) -> dict[int, tuple[Warning, ...]]:
    """Return what the user should know of fits."""
    needed, n_observed = variant.n_needed, batch.count_observed()
    alpha, theta = HELD[0], 1.0 / (1.0 - HELD[1])
    notes: dict[int, tuple[Warning, ...]] = {
        i: (
            UserWarning(
                f"{name(i)} has {n_observed[i]} observed values, fewer than the {needed} that it "
                f"takes to learn: it is smoothed with alpha={alpha:g}, theta={theta:g}"
            ),
        )
        for i in np.flatnonzero(~can_learn).tolist()
    }
    for i in np.flatnonzero(~learned.converged).tolist():
        notes[i] = (
            ConvergenceWarning(
                f"{name(i)}: the search stopped early, after {learned.n_iter[i]} iterations: there "
                "may be a better alpha and theta"
            ),
        )
    return notes
