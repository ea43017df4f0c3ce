"""Many small least-squares problems solved side by side, each to its own end.

A problem is one smoother of one series from one start. Its unknowns v are the free smoothing
parameters, each within its bounds, then what is free of the initial state, then coefficients of
regressors. It minimises F(v), a sum of squares (see `tsrnn._scan.curvature`), times
exp(rates'v / n) for a prior, in steps of Gauss and Newton (see
`tsrnn.smoothing.search.compiled.gauss_newton`).

Problems advance in rounds. In each, those that have not ended are evaluated in lanes at the points
that they try next: so none waits for another to converge, and what becomes of one does not depend
on which others there are.

gamma is searched as gamma' in [0, 1] with gamma = (1 - alpha) gamma', which keeps it under
1 - alpha. The real part of a complex parameter is searched as its share of what keeps the smoother
stable beside the imaginary part (see `tsrnn.cells.complex_smoothing`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tsrnn._compute.compile import kernel
from tsrnn._compute.declare import Integers, Slab, Slabs, Stop, Vector, inlined
from tsrnn._scan.curvature import (
    Curved,
    Lanes,
    Scratch,
    accumulate_curvature,
    curved_of,
    scratch_of,
)
from tsrnn.cells.complex_smoothing import stable_interval
from tsrnn.cells.smoother_cell import step_at, tangent_at
from tsrnn.smoothing.search.compiled.gauss_newton import (
    CONVERGED,
    DROPPED,
    LEAST_DAMPING,
    OUT_OF_ITERATIONS,
    RUNNING,
    SETTLED,
    Problems,
    StepRoom,
    forget_curvature,
    judge,
    problems_of,
    propose,
    step_room_of,
)
from tsrnn.smoothing.search.task import Series

# How often a problem that has settled is sent on.
_MOST_RETURNS = 2

_FIRST_DAMPING = 1e-3

# For so many rounds after those of probing, poor starts are looked for.
_ROUNDS_OF_CLOSING = 8

# Starts of one series whose parameters are as close as this end in the same place.
_ALIKE = 1e-3


class Model(NamedTuple):
    """The smoother that is fitted, and what is free of it.

    Attributes
    ----------
    step, tangent : int
        Addresses of the cell's.
    is_relative, is_linear : bool
        As `accumulate_curvature` takes them.
    theta : (K,) array
        Parameters; those that are free have no meaning here.
    free : (Q,) array
        Which are free.
    bounds : (2, Q) array
    share_at : int
        The place of gamma among the free ones, or -1.
    rates : (Q,) array
        Of the prior.
    state_maps : (N or 1, S, 1 + U + C) array
        What takes (1, free numbers of the state, coefficients) to the initial state, for each
        series or for all.
    pairs : (n_pairs,) array
        The places among the free ones of the real parts of complex parameters; the imaginary parts
        follow them.
    most : (n_pairs,) array
        Upper bounds of those.
    decaying : int
        The place in the state of a number that is (1 - alpha)^age, whatever takes it there; -1 for
        none. Alpha is the cell's first parameter.
    ages : (N,) array
        Of each series; nothing is read where no number decays.
    """

    step: int
    tangent: int
    is_relative: bool
    is_linear: bool
    theta: Vector
    free: Integers
    bounds: Slab
    share_at: int
    rates: Vector
    state_maps: Slabs
    pairs: Integers
    most: Vector
    decaying: int
    ages: Vector


class Rules(NamedTuple):
    """Rules of how long the search goes on.

    Attributes
    ----------
    n_starts : int
        Problem p is that of series p // n_starts.
    n_probing : int
        The round after which only the promising starts of a series go on:
    margin : float
        those with F within this factor of the best, which closes in round by round.
    n_lanes, max_iter : int
    tol : float
        A search has settled when a step lowers F by less than ten times so much of it.
    floors : (N,) array
        Squares below which a series is followed exactly.
    """

    n_starts: int
    n_probing: int
    margin: float
    n_lanes: int
    max_iter: int
    tol: float
    floors: Vector


class Ends(NamedTuple):
    """The ends that problems have come to.

    Attributes
    ----------
    v : (P, Q + U + C) array
        Starts; on return the best points.
    loss : (P,) array
        F there; infinite where no point has a finite one.
    status, n_iter : (P,) arrays
    """

    v: Slab
    loss: Vector
    status: Integers
    n_iter: Integers


class Room(NamedTuple):
    """The memory that the search of a chunk works in."""

    problems: Problems
    lanes: Lanes
    curved: Curved
    scratch: Scratch
    step: StepRoom


def room_of(model: Model, series: Series, rules: Rules, ends: Ends) -> Room:
    """Make room for the search from these starts."""
    n_unknowns = ends.v.shape[1]
    return Room(
        problems_of(ends.v, ends.loss, _FIRST_DAMPING),
        lanes_of(model, series, n_unknowns, rules.n_lanes),
        curved_of(n_unknowns, rules.n_lanes),
        scratch_of(n_unknowns, rules.n_lanes),
        step_room_of(n_unknowns),
    )


def lanes_of(model: Model, series: Series, n_unknowns: int, n_lanes: int) -> Lanes:
    """Make room for so many problems side by side."""
    n_columns = series.regressors.shape[1]
    n_state, n_parameters = model.state_maps.shape[1], model.theta.shape[0]
    longest = int(np.diff(series.offsets).max())
    d_theta = np.zeros((n_unknowns, n_parameters))
    d_theta[np.arange(model.free.size), model.free] = 1.0
    # What regressors add matters to errors that are shares of predictions.
    n_inputs = 2 if model.is_relative and n_columns > 0 else 1
    return Lanes(
        np.zeros((n_parameters, n_lanes)),
        np.zeros((longest, n_inputs, n_lanes)),
        np.zeros((longest, n_columns, n_lanes)),
        np.zeros(longest, dtype=np.int64),
        np.zeros((2, n_state, n_lanes)),
        np.zeros((n_unknowns, n_state, n_lanes)),
        d_theta,
    )


@kernel
def minimize_lanes(
    model: Model,
    series: Series,
    rules: Rules,
    stop: Stop,
    ends: Ends,
    problems: Problems,
    lanes: Lanes,
    curved: Curved,
    scratch: Scratch,
    step_room: StepRoom,
):
    """Minimise from every start.

    Parameters
    ----------
    model : Model
    series : Series
        The longest first.
    rules : Rules
    stop : (1,) array
        Where another thread sets it to 1, the search ends, and its results mean nothing.
    ends : Ends
    problems, lanes, curved, scratch, step_room
        As `room_of` makes them.
    """
    step, tangent = step_at(model.step), tangent_at(model.tangent)
    running, returns = problems.running, problems.returns
    ends.loss[:], ends.status[:], ends.n_iter[:] = math.inf, RUNNING, 0
    status, loss, damping, promised = ends.status, ends.loss, problems.damping, problems.promised
    tol, n_lanes, n_starts = rules.tol, rules.n_lanes, rules.n_starts
    n_running = _leave_out_repeated(n_starts, ends.v, status, running)
    n_iterations = 0
    while n_running > 0:
        for first in range(0, n_running, n_lanes):
            now = running[first : min(first + n_lanes, n_running)]
            n_timesteps = fill_lanes(model, series, n_starts, now, problems.trial, lanes)
            accumulate_curvature(
                step,
                tangent,
                model.is_relative,
                model.is_linear,
                n_timesteps,
                lanes,
                scratch,
                curved,
                stop,
            )
            if stop[0] != 0:
                return
            for b in range(now.shape[0]):
                p = now[b]
                is_exact = curved.squares[b] <= rules.floors[p // n_starts]
                value = searched_value(b, model, problems.trial[p], curved)
                status[p] = judge(b, p, value, is_exact, tol, curved, problems, step_room)
                ends.n_iter[p] = n_iterations
                if status[p] == RUNNING and n_iterations == rules.max_iter:
                    status[p] = OUT_OF_ITERATIONS
                if status[p] == RUNNING:
                    propose(p, problems, model.bounds, step_room)
                    # Near the optimum a step keeps its promise: one that is not worth taking ends
                    # the search without another evaluation.
                    if 0.0 <= promised[p] <= 3.0 * tol * loss[p] and damping[p] < 1e-2:
                        status[p] = SETTLED
                if status[p] == SETTLED:
                    forget_curvature(p, problems)
                    damping[p] = LEAST_DAMPING
                    propose(p, problems, model.bounds, step_room)
                    returns[p] += 1
                    is_done = promised[p] <= 30.0 * tol * loss[p] or returns[p] > _MOST_RETURNS
                    status[p] = CONVERGED if is_done else RUNNING
        if rules.n_probing <= n_iterations < rules.n_probing + _ROUNDS_OF_CLOSING:
            closing = rules.margin ** (1.0 / (1 + n_iterations - rules.n_probing))
            _drop_poor_starts(closing, n_starts, model.free.shape[0], ends)
        n_left = 0
        for r in range(n_running):
            if status[running[r]] == RUNNING:
                running[n_left] = running[r]
                n_left += 1
        n_running = n_left
        n_iterations += 1


@inlined
def _leave_out_repeated(n_starts, v, status, running):
    """Drop starts that repeat the one before, and return how many are left to run."""
    n_left = 0
    for p in range(v.shape[0]):
        repeats = p % n_starts > 0
        for d in range(v.shape[1]):
            repeats = repeats and v[p, d] == v[p - 1, d]
        if repeats:
            status[p] = DROPPED
        else:
            running[n_left] = p
            n_left += 1
    return n_left


@inlined
def fill_lanes(model, series, n_starts, now, trial, lanes):
    """Lay out the problems to evaluate now, and return how many steps the longest has.

    Problem p is tried at trial[p].
    """
    values, offsets, regressors = series.values, series.offsets, series.regressors
    theta, free, state_maps = model.theta, model.free, model.state_maps
    share_at, lane_theta = model.share_at, lanes.theta
    pairs, most = model.pairs, model.most
    x, d_x, active, states, d_states = (
        lanes.x,
        lanes.d_x,
        lanes.active,
        lanes.states,
        lanes.d_states,
    )
    n_free, n_columns, n_state = free.shape[0], regressors.shape[1], state_maps.shape[1]
    n_linear = state_maps.shape[2] - 1
    n_timesteps = 0
    for b in range(now.shape[0]):
        p = now[b]
        i = p // n_starts
        start, length = offsets[i], offsets[i + 1] - offsets[i]
        of_series = i if state_maps.shape[0] > 1 else 0
        for k in range(theta.shape[0]):
            lane_theta[k, b] = theta[k]
        for j in range(n_free):
            lane_theta[free[j], b] = trial[p, j]
        if share_at >= 0:
            lane_theta[free[share_at], b] *= 1.0 - lane_theta[0, b]
        for q in range(pairs.shape[0]):
            real, imaginary = free[pairs[q]], free[pairs[q] + 1]
            low, high, _, _ = stable_interval(lane_theta[imaginary, b], most[q])
            lane_theta[real, b] = low + (high - low) * lane_theta[real, b]
        for s in range(n_state):
            state = state_maps[of_series, s, 0]
            for u in range(n_linear):
                state += state_maps[of_series, s, 1 + u] * trial[p, n_free + u]
                d_states[n_free + u, s, b] = state_maps[of_series, s, 1 + u]
            states[0, s, b] = state
        # Lanes are in the order of their series, so their lengths do not increase.
        n_timesteps = max(n_timesteps, length)
        for t in range(length):
            x[t, 0, b] = values[start + t]
            active[t] = b + 1
        if x.shape[1] > 1:
            for t in range(length):
                x[t, 1, b] = 0.0
        for c in range(n_columns):
            coefficient = trial[p, n_free + n_linear - n_columns + c]
            for t in range(length):
                effect = coefficient * regressors[start + t, c]
                d_x[t, c, b] = -regressors[start + t, c]
                x[t, 0, b] -= effect
                if x.shape[1] > 1:
                    x[t, 1, b] += effect
    d_states[:n_free] = 0.0
    if model.decaying >= 0:
        _fill_decays(model, n_starts, now, lanes)
    return n_timesteps


@inlined
def _fill_decays(model, n_starts, now, lanes):
    """Lay out the numbers of initial states that decay with alpha, and their derivatives."""
    place, states, d_states = model.decaying, lanes.states, lanes.d_states
    for b in range(now.shape[0]):
        age, rest = model.ages[now[b] // n_starts], 1.0 - lanes.theta[0, b]
        states[0, place, b] = rest**age
        if model.free.shape[0] > 0 and model.free[0] == 0:
            d_states[0, place, b] = -age * rest ** (age - 1.0)


@inlined
def searched_value(b, model, v, curved):
    """Return F in terms of what is searched, with the prior; change slope and curvature of lane b.

    Theirs are of the raw sum of squares and of gamma itself before.
    """
    squares, gradient, curvature = curved.squares, curved.gradient, curved.curvature
    free, rates, share_at, n_seen = model.free, model.rates, model.share_at, curved.n_seen[b]
    n_unknowns = gradient.shape[0]
    if share_at >= 0:
        # gamma = (1 - alpha) gamma'; alpha, where free, is the first.
        alpha_is_free = free[0] == 0
        scale = 1.0 - (v[0] if alpha_is_free else model.theta[0])
        if alpha_is_free:
            _add_multiple(b, gradient, curvature, 0, share_at, -v[share_at])
        _scale(b, gradient, curvature, share_at, scale)
    for q in range(model.pairs.shape[0]):
        k = model.pairs[q]
        low, high, d_low, d_high = stable_interval(v[k + 1], model.most[q])
        _add_multiple(b, gradient, curvature, k + 1, k, d_low + (d_high - d_low) * v[k])
        _scale(b, gradient, curvature, k, high - low)
    log_prior = 0.0
    for j in range(rates.shape[0]):
        log_prior += rates[j] * v[j] / n_seen
    if log_prior == 0.0:
        return squares[b]
    factor = math.exp(log_prior)
    for d in range(n_unknowns):
        slope_d = 0.5 * rates[d] / n_seen if d < rates.shape[0] else 0.0
        for c in range(d + 1):
            slope_c = 0.5 * rates[c] / n_seen if c < rates.shape[0] else 0.0
            curvature[d, c, b] += (
                gradient[d, b] * slope_c + gradient[c, b] * slope_d + squares[b] * slope_c * slope_d
            )
            curvature[d, c, b] *= factor
    for d in range(n_unknowns):
        slope_d = 0.5 * rates[d] / n_seen if d < rates.shape[0] else 0.0
        gradient[d, b] = factor * (gradient[d, b] + squares[b] * slope_d)
    return factor * squares[b]


@inlined
def _scale(b, gradient, curvature, d, scale):
    """Change the unit of direction d, in slope and curvature of lane b."""
    gradient[d, b] *= scale
    for c in range(d):
        curvature[d, c, b] *= scale
    for k in range(d + 1, gradient.shape[0]):
        curvature[k, d, b] *= scale
    curvature[d, d, b] *= scale * scale


@inlined
def _add_multiple(b, gradient, curvature, d, c, factor):
    """Add a multiple of direction c to direction d, in slope and curvature of lane b."""
    n_unknowns = gradient.shape[0]
    gradient[d, b] += factor * gradient[c, b]
    shared = curvature[max(c, d), min(c, d), b]
    curvature[d, d, b] += factor * (2.0 * shared + factor * curvature[c, c, b])
    for k in range(n_unknowns):
        if k == d:
            continue
        with_c = curvature[max(k, c), min(k, c), b]
        curvature[max(k, d), min(k, d), b] += factor * with_c


@inlined
def _drop_poor_starts(margin, n_starts, n_free, ends):
    """Go on from the best start of each series, and from those nearly as good and elsewhere."""
    v, loss, status = ends.v, ends.loss, ends.status
    for first in range(0, loss.shape[0], n_starts):
        best = first
        for p in range(first, first + n_starts):
            if loss[p] < loss[best]:
                best = p
        for p in range(first, first + n_starts):
            if p == best or status[p] != RUNNING:
                continue
            is_poor = loss[p] > margin * loss[best]
            distance = 0.0
            for j in range(n_free):
                distance = max(distance, abs(v[p, j] - v[best, j]))
            if is_poor or distance < _ALIKE:
                status[p] = DROPPED
