"""Many small least-squares problems solved side by side, each to its own end.

A problem is one smoother of one series from one start. Its unknowns v are the free smoothing
parameters, each within its bounds, then what is free of the initial state, then coefficients of
regressors. It minimises F(v), a sum of squares (see `tsrnn._scan.curvature`), times
exp(rates'v / n) for a prior. Gauss and Newton's model of F about v, damped as Levenberg and
Marquardt do, gives the next step d:

    F(v + d) ~ F + 2 g'd + d'(H + damping diag H) d     within the bounds               (1)

Problems advance in rounds. In each, those that have not ended are evaluated in lanes at the points
that they try next: so none waits for another to converge, and what becomes of one does not depend
on which others there are.

gamma is searched as gamma' in [0, 1] with gamma = (1 - alpha) gamma', which keeps it under
1 - alpha. Source: Marquardt, An algorithm for least-squares estimation of nonlinear parameters,
SIAM Journal on Applied Mathematics 11 (1963).
"""

from __future__ import annotations

import math

import numpy as np

from tsrnn._compute.compile import SLAB, SLABS, borrowed, inlined, kernel
from tsrnn._scan.curvature import accumulate_curvature
from tsrnn.cells.smoother_cell import step_at, tangent_at

# What became of a problem. One that has settled may have been misled by what it learned of the
# curvature: it has converged if Gauss and Newton's own model promises nothing either.
RUNNING, CONVERGED, OUT_OF_ITERATIONS, DROPPED, SETTLED = range(5)

# How often a problem that has settled is sent on.
_MOST_RETURNS = 2

_FIRST_DAMPING = 1e-3
_LEAST_DAMPING = 1e-9
# Where no step of any length lowers F any more, rounding is all that is left.
_MOST_DAMPING = 1e9

# A pivot of a curvature of unit diagonal below this is rounding: the unknown is not identified.
_SINGULAR = 1e-12

# For so many rounds after those of probing, poor starts are looked for.
_ROUNDS_OF_CLOSING = 8

# Starts of one series whose parameters are as close as this end in the same place.
_ALIKE = 1e-3


@kernel(
    f"void(i8, i8, b1, b1, f8[::1], i8[::1], {SLAB}, {SLABS}, f8[::1], i8[::1], {SLAB}, i8, "
    f"f8[::1], f8[::1], i8, i8, f8, i8, i8, f8, i1[::1], {SLAB}, f8[::1], i8[::1], i8[::1])"
)
def minimize_lanes(
    step_address,
    tangent_address,
    is_relative,
    is_linear,
    values,
    offsets,
    regressors,
    state_maps,
    theta,
    free,
    bounds,
    gamma_at,
    rates,
    floors,
    n_starts,
    n_probing,
    margin,
    n_lanes,
    max_iter,
    tol,
    stop,
    v,
    loss,
    status,
    n_iter,
):
    """Minimise from every start.

    Parameters
    ----------
    step_address, tangent_address : int
        Of the cell.
    is_relative, is_linear : bool
        As `accumulate_curvature` takes them.
    values : (R,) array
        The series, one after the other, the longest first; NaN where missing.
    offsets : (N + 1,) array
        Where each starts.
    regressors : (R, C) array
    state_maps : (N or 1, S, 1 + U + C) array
        What takes (1, free numbers of the state, coefficients) to the initial state, for each
        series or for all.
    theta : (K,) array
        Parameters; those that are free have no meaning here.
    free : (Q,) array
        Which are free.
    bounds : (2, Q) array
    gamma_at : int
        The place of gamma among the free ones, or -1.
    rates : (Q,) array
        Of the prior.
    floors : (N,) array
        Squares below which a series is followed exactly.
    n_starts : int
        Problem p is that of series p // n_starts.
    n_probing : int
        The round after which only the promising starts of a series go on:
    margin : float
        those with F within this factor of the best, which closes in round by round.
    n_lanes, max_iter : int
    tol : float
        A search has settled when a step lowers F by less than ten times so much of it.
    stop : (1,) array
        Where another thread sets it to 1, the search ends, and its results mean nothing.
    v : (P, Q + U + C) array
        Starts; on return the best points.
    loss : (P,) array
        F there; infinite where no point has a finite one.
    status, n_iter : (P,) arrays
    """
    n_problems, n_unknowns = v.shape
    n_state, n_parameters = state_maps.shape[1], theta.shape[0]
    longest = 0
    for i in range(offsets.shape[0] - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    d_theta = np.zeros((n_unknowns, n_parameters))
    for j in range(free.shape[0]):
        d_theta[j, free[j]] = 1.0
    # What regressors add matters to errors that are shares of predictions.
    n_inputs = 2 if is_relative and regressors.shape[1] > 0 else 1
    loss[:], status[:], n_iter[:] = math.inf, RUNNING, 0
    _rounds(
        step_address,
        tangent_address,
        is_relative,
        is_linear,
        values,
        offsets,
        regressors,
        state_maps,
        theta,
        free,
        bounds,
        gamma_at,
        rates,
        floors,
        n_starts,
        n_probing,
        margin,
        max_iter,
        tol,
        stop,
        v,
        loss,
        status,
        n_iter,
        # The slope and curvature of every problem, its damping, what it tries next and expects.
        np.zeros((n_problems, n_unknowns)),
        np.zeros((n_problems, n_unknowns, n_unknowns)),
        np.zeros((n_problems, n_unknowns, n_unknowns)),
        np.full(n_problems, _FIRST_DAMPING),
        v.copy(),
        np.zeros(n_problems),
        np.zeros(n_problems, dtype=np.int64),
        np.arange(n_problems),
        # Lanes, as `accumulate_curvature` takes them.
        np.zeros((n_parameters, n_lanes)),
        np.zeros((longest, n_inputs, n_lanes)),
        np.zeros((longest, regressors.shape[1], n_lanes)),
        np.zeros(longest, dtype=np.int64),
        np.zeros((2, n_state, n_lanes)),
        np.zeros((n_unknowns, n_state, n_lanes)),
        d_theta,
        np.zeros((11, n_lanes)),
        np.zeros((4, n_lanes)),
        np.zeros((4, n_unknowns, n_lanes)),
        np.zeros(n_lanes),
        np.zeros((n_unknowns, n_lanes)),
        np.zeros((n_unknowns, n_unknowns, n_lanes)),
        np.zeros((n_unknowns + 5, n_unknowns)),
    )


@inlined
def _rounds(
    step_address,
    tangent_address,
    is_relative,
    is_linear,
    values,
    offsets,
    regressors,
    state_maps,
    theta,
    free,
    bounds,
    gamma_at,
    rates,
    floors,
    n_starts,
    n_probing,
    margin,
    max_iter,
    tol,
    stop,
    v,
    loss,
    status,
    n_iter,
    gradient,
    curvature,
    beyond,
    damping,
    trial,
    promised,
    returns,
    running,
    lane_theta,
    x,
    d_x,
    active,
    states,
    d_states,
    d_theta,
    lanes,
    scratch,
    directions,
    squares,
    lane_gradient,
    lane_curvature,
    work,
):
    n_free, n_lanes = free.shape[0], squares.shape[0]
    n_running = _leave_out_repeated(n_starts, v, status, running)
    n_iterations = 0
    while n_running > 0:
        for first in range(0, n_running, n_lanes):
            now = borrowed(running[first : min(first + n_lanes, n_running)])
            n_timesteps = _fill_lanes(
                values,
                offsets,
                regressors,
                state_maps,
                theta,
                free,
                gamma_at,
                n_starts,
                now,
                trial,
                lane_theta,
                x,
                d_x,
                active,
                states,
                d_states,
            )
            accumulate_curvature(
                step_at(step_address),
                tangent_at(tangent_address),
                is_relative,
                is_linear,
                borrowed(lane_theta),
                borrowed(x[:n_timesteps]),
                borrowed(d_x[:n_timesteps]),
                borrowed(active),
                borrowed(states),
                borrowed(d_states),
                borrowed(d_theta),
                borrowed(lanes),
                borrowed(scratch),
                borrowed(directions),
                borrowed(squares),
                borrowed(lane_gradient),
                borrowed(lane_curvature),
                borrowed(stop),
            )
            if stop[0] != 0:
                return
            for b in range(now.shape[0]):
                p = now[b]
                n_seen = lanes[8, b]
                is_exact = squares[b] <= floors[p // n_starts]
                value = _of_search(
                    b,
                    squares,
                    lane_gradient,
                    lane_curvature,
                    gamma_at,
                    free,
                    theta,
                    borrowed(trial[p]),
                    rates,
                    n_seen,
                )
                status[p] = _judge(
                    b,
                    p,
                    value,
                    lane_gradient,
                    lane_curvature,
                    is_exact,
                    tol,
                    trial,
                    v,
                    loss,
                    gradient,
                    curvature,
                    beyond,
                    damping,
                    promised,
                    work,
                )
                n_iter[p] = n_iterations
                if status[p] == RUNNING and n_iterations == max_iter:
                    status[p] = OUT_OF_ITERATIONS
                if status[p] == RUNNING:
                    promised[p] = _propose(
                        borrowed(v[p]),
                        borrowed(gradient[p]),
                        borrowed(curvature[p]),
                        damping[p],
                        bounds,
                        n_free,
                        work,
                        borrowed(trial[p]),
                    )
                    # Near the optimum a step keeps its promise: one that is not worth taking ends
                    # the search without another evaluation.
                    if 0.0 <= promised[p] <= 3.0 * tol * loss[p] and damping[p] < 1e-2:
                        status[p] = SETTLED
                if status[p] == SETTLED:
                    _forget_curvature(borrowed(curvature[p]), borrowed(beyond[p]))
                    damping[p] = _LEAST_DAMPING
                    promised[p] = _propose(
                        borrowed(v[p]),
                        borrowed(gradient[p]),
                        borrowed(curvature[p]),
                        damping[p],
                        bounds,
                        n_free,
                        work,
                        borrowed(trial[p]),
                    )
                    returns[p] += 1
                    is_done = promised[p] <= 30.0 * tol * loss[p] or returns[p] > _MOST_RETURNS
                    status[p] = CONVERGED if is_done else RUNNING
        if n_probing <= n_iterations < n_probing + _ROUNDS_OF_CLOSING:
            closing = margin ** (1.0 / (1 + n_iterations - n_probing))
            _drop_poor_starts(closing, n_starts, n_free, v, loss, status)
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
def _fill_lanes(
    values,
    offsets,
    regressors,
    state_maps,
    theta,
    free,
    gamma_at,
    n_starts,
    now,
    trial,
    lane_theta,
    x,
    d_x,
    active,
    states,
    d_states,
):
    """Lay out the problems to evaluate now, and return how many steps the longest has."""
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
        if gamma_at >= 0:
            lane_theta[free[gamma_at], b] *= 1.0 - lane_theta[0, b]
        for s in range(n_state):
            state = state_maps[of_series, s, 0]
            for u in range(n_linear):
                state += state_maps[of_series, s, 1 + u] * trial[p, n_free + u]
                d_states[n_free + u, s, b] = state_maps[of_series, s, 1 + u]
            states[0, s, b] = state
        for t in range(length):
            x[t, 0, b] = values[start + t]
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
        # Lanes are in the order of their series, so their lengths do not increase.
        if b == 0:
            n_timesteps = length
        for t in range(length, n_timesteps):
            if active[t] > b:
                active[t] = b
        if b == 0:
            active[:length] = now.shape[0]
    d_states[:n_free] = 0.0
    return n_timesteps


@inlined
def _of_search(b, squares, gradient, curvature, gamma_at, free, theta, v, rates, n_seen):
    """Return F in terms of what is searched, with the prior; change slope and curvature of lane b.

    Theirs are of the raw sum of squares and of gamma itself before.
    """
    n_unknowns = gradient.shape[0]
    if gamma_at >= 0:
        # gamma = (1 - alpha) gamma'; alpha, where free, is the first.
        alpha_is_free = free[0] == 0
        scale = 1.0 - (v[0] if alpha_is_free else theta[0])
        if alpha_is_free:
            _add_multiple(b, gradient, curvature, 0, gamma_at, -v[gamma_at])
        gradient[gamma_at, b] *= scale
        for c in range(gamma_at):
            curvature[gamma_at, c, b] *= scale
        for d in range(gamma_at + 1, n_unknowns):
            curvature[d, gamma_at, b] *= scale
        curvature[gamma_at, gamma_at, b] *= scale * scale
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
def _add_multiple(b, gradient, curvature, d, c, factor):
    """Add a multiple of direction c to direction d < c, in slope and curvature of lane b."""
    n_unknowns = gradient.shape[0]
    gradient[d, b] += factor * gradient[c, b]
    curvature[d, d, b] += factor * (2.0 * curvature[c, d, b] + factor * curvature[c, c, b])
    for k in range(n_unknowns):
        if k == d:
            continue
        with_c = curvature[max(k, c), min(k, c), b]
        curvature[max(k, d), min(k, d), b] += factor * with_c


@inlined
def _judge(
    b,
    p,
    value,
    lane_gradient,
    lane_curvature,
    is_exact,
    tol,
    trial,
    v,
    loss,
    gradient,
    curvature,
    beyond,
    damping,
    promised,
    work,
):
    """Take what problem p has tried, or leave it, and return what becomes of it."""
    if not value < loss[p]:
        # The first point has no F, or no step is short enough to lower it: rounding.
        if loss[p] == math.inf:
            return DROPPED
        damping[p] = max(10.0 * damping[p], 1e-3)
        # What was learned of the curvature may have misled.
        _forget_curvature(borrowed(curvature[p]), borrowed(beyond[p]))
        # A step that ends at a bound may promise to raise F: then a shorter one is called for.
        if damping[p] > _MOST_DAMPING or 0.0 <= promised[p] <= tol * loss[p]:
            return CONVERGED
        return RUNNING
    gained = loss[p] - value
    if gained > 0.75 * promised[p]:
        damping[p] = max(0.1 * damping[p], _LEAST_DAMPING)
    elif gained < 0.25 * promised[p]:
        damping[p] *= 4.0
    settled = gained <= 10.0 * tol * value and damping[p] < 1.0
    is_first = loss[p] == math.inf
    loss[p] = value
    _learn_curvature(
        b, p, is_first, lane_gradient, lane_curvature, trial, v, gradient, curvature, beyond, work
    )
    if is_exact:
        return CONVERGED
    return SETTLED if settled else RUNNING


@inlined
def _forget_curvature(curvature, beyond):
    """Go back to Gauss and Newton's curvature."""
    for d in range(curvature.shape[0]):
        for c in range(d + 1):
            curvature[d, c] -= beyond[d, c]
            beyond[d, c] = 0.0


@inlined
def _learn_curvature(
    b, p, is_first, lane_gradient, lane_curvature, trial, v, gradient, curvature, beyond, work
):
    """Move problem p to what it has tried, and learn from the change of slope on the way.

    Gauss and Newton leave out what the residuals' second derivatives add to the curvature. A
    symmetric update of rank one estimates it, S s = g(v + s) - g(v) - H(v + s) s.
    """
    n_unknowns = v.shape[1]
    step, rest = borrowed(work[n_unknowns + 1]), borrowed(work[n_unknowns + 2])
    S = borrowed(beyond[p])
    squared, denominator, of_step, size = 0.0, 0.0, 0.0, 0.0
    if not is_first:
        for d in range(n_unknowns):
            step[d] = trial[p, d] - v[p, d]
        for d in range(n_unknowns):
            change = lane_gradient[d, b] - gradient[p, d]
            known = 0.0
            for c in range(n_unknowns):
                known += lane_curvature[max(c, d), min(c, d), b] * step[c]
            change -= known
            old = 0.0
            for c in range(n_unknowns):
                old += S[max(c, d), min(c, d)] * step[c]
            rest[d] = change
            work[n_unknowns + 4, d] = old
            of_step += step[d] * change
            size += step[d] * old
        shrink = 1.0
        if abs(size) > abs(of_step):
            shrink = abs(of_step) / abs(size)
        for d in range(n_unknowns):
            rest[d] -= shrink * work[n_unknowns + 4, d]
            denominator += rest[d] * step[d]
            squared += rest[d] * rest[d] * lane_curvature[d, d, b]
            for c in range(d + 1):
                S[d, c] *= shrink
        norm = 0.0
        rest_norm = 0.0
        for d in range(n_unknowns):
            h = lane_curvature[d, d, b]
            if h > 0.0:
                norm += step[d] * step[d] * h
                rest_norm += rest[d] * rest[d] / h
        if abs(denominator) > 1e-3 * math.sqrt(norm * rest_norm) and denominator != 0.0:
            for d in range(n_unknowns):
                for c in range(d + 1):
                    S[d, c] += rest[d] * rest[c] / denominator
    keeps = 1.0
    for d in range(n_unknowns):
        if S[d, d] < -0.9 * lane_curvature[d, d, b]:
            keeps = 0.0
    for d in range(n_unknowns):
        v[p, d] = trial[p, d]
        gradient[p, d] = lane_gradient[d, b]
        for c in range(d + 1):
            S[d, c] *= keeps
            curvature[p, d, c] = lane_curvature[d, c, b] + S[d, c]


@inlined
def _propose(v, gradient, curvature, damping, bounds, n_free, work, trial):
    """Write the point to try next, and return by how much (1) says that it lowers F."""
    n_unknowns = v.shape[0]
    factor, scale = borrowed(work), borrowed(work[n_unknowns])
    step, is_set = borrowed(work[n_unknowns + 1]), borrowed(work[n_unknowns + 2])
    right = borrowed(work[n_unknowns + 3])
    for d in range(n_unknowns):
        norm = math.sqrt(max(curvature[d, d], 0.0))
        scale[d] = norm if norm > 0.0 else 1.0
        step[d] = 0.0
        is_set[d] = 0.0 if norm > 0.0 else 1.0
        if d < n_free:
            at_lower = v[d] <= bounds[0, d] and gradient[d] >= 0.0
            at_upper = v[d] >= bounds[1, d] and gradient[d] <= 0.0
            if at_lower or at_upper:
                is_set[d] = 1.0
    for _ in range(n_free + 1):
        for d in range(n_unknowns):
            if is_set[d] == 0.0:
                right[d] = -gradient[d]
                for c in range(n_unknowns):
                    if is_set[c] != 0.0 and step[c] != 0.0:
                        right[d] -= curvature[max(c, d), min(c, d)] * step[c]
        _solve(curvature, damping, scale, is_set, factor, right, step)
        n_out = 0
        for d in range(n_free):
            if is_set[d] == 0.0:
                low, high = bounds[0, d] - v[d], bounds[1, d] - v[d]
                if step[d] < low or step[d] > high:
                    step[d] = low if step[d] < low else high
                    is_set[d] = 1.0
                    n_out += 1
        if n_out == 0:
            break
    promise = 0.0
    for d in range(n_unknowns):
        trial[d] = v[d] + step[d]
        if d < n_free:
            trial[d] = min(max(trial[d], bounds[0, d]), bounds[1, d])
        promise -= step[d] * (2.0 * gradient[d] + curvature[d, d] * step[d])
        for c in range(d):
            promise -= 2.0 * step[d] * curvature[d, c] * step[c]
    return promise


@inlined
def _solve(curvature, damping, scale, is_set, factor, right, step):
    """Solve (H + damping diag H) step = right for what is not set, by Cholesky on unit diagonals.

    What the curvature does not tell apart from the unknowns before it stays where it is.
    """
    n_unknowns = step.shape[0]
    for d in range(n_unknowns):
        if is_set[d] != 0.0:
            continue
        rest = 1.0 + damping
        for c in range(d):
            if is_set[c] != 0.0:
                continue
            entry = curvature[d, c] / (scale[d] * scale[c])
            for k in range(c):
                if is_set[k] == 0.0:
                    entry -= factor[d, k] * factor[c, k]
            factor[d, c] = entry * factor[c, c]
            rest -= factor[d, c] * factor[d, c]
        # The diagonal holds reciprocals: zero for what is left out.
        factor[d, d] = 1.0 / math.sqrt(rest) if rest > _SINGULAR else 0.0
        entry = right[d] / scale[d]
        for k in range(d):
            if is_set[k] == 0.0:
                entry -= factor[d, k] * step[k]
        step[d] = entry * factor[d, d]
    for d in range(n_unknowns - 1, -1, -1):
        if is_set[d] != 0.0:
            continue
        entry = step[d]
        for k in range(d + 1, n_unknowns):
            if is_set[k] == 0.0:
                entry -= factor[k, d] * step[k]
        step[d] = entry * factor[d, d]
    for d in range(n_unknowns):
        if is_set[d] == 0.0:
            step[d] /= scale[d]


@inlined
def _drop_poor_starts(margin, n_starts, n_free, v, loss, status):
    """Go on from the best start of each series, and from those nearly as good and elsewhere."""
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
