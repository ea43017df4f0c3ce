"""Steps of a small least-squares problem: judging the last, learning from it, proposing the next.

F(v) is a sum of squares, g half its gradient, and H half its curvature: what Gauss and Newton make
of that, and what steps so far have shown of the rest. Its model about v, damped as Levenberg and
Marquardt do, gives the next step d:

    F(v + d) ~ F + 2 g'd + d'(H + damping diag H) d     within the bounds               (1)

Source: Marquardt, An algorithm for least-squares estimation of nonlinear parameters, SIAM Journal
on Applied Mathematics 11 (1963).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tsrnn._compute.declare import Integers, Slab, Slabs, Vector, inlined

# What became of a problem. One that has settled may have been misled by what it learned of the
# curvature: it has converged if Gauss and Newton's own model promises nothing either.
RUNNING, CONVERGED, OUT_OF_ITERATIONS, DROPPED, SETTLED = range(5)

LEAST_DAMPING = 1e-9
# Where no step of any length lowers F any more, rounding is all that is left.
_MOST_DAMPING = 1e9

# A pivot of a curvature of unit diagonal below this is rounding: the unknown is not identified.
_SINGULAR = 1e-12


class Problems(NamedTuple):
    """The progress of many problems.

    Attributes
    ----------
    v : (P, D) array
        The best points.
    loss : (P,) array
        F there.
    gradient : (P, D) array
    curvature : (P, D, D) array
        The lower triangle of it.
    beyond : (P, D, D) array
        What steps have shown of the curvature beyond that of Gauss and Newton, in it already.
    damping : (P,) array
    trial : (P, D) array
        The points to try next.
    promised : (P,) array
        By how much they should lower F.
    running : (P,) array
        Those that have not ended come first.
    returns : (P,) array
        How often they were sent on when they had settled.
    """

    v: Slab
    loss: Vector
    gradient: Slab
    curvature: Slabs
    beyond: Slabs
    damping: Vector
    trial: Slab
    promised: Vector
    running: Integers
    returns: Integers


class StepRoom(NamedTuple):
    """Scratch for one step: (D, D) for the factor, (D,) for all else."""

    factor: Slab
    scale: Vector
    step: Vector
    is_set: Vector
    right: Vector
    rest: Vector
    old: Vector


def problems_of(v: np.ndarray, loss: np.ndarray, damping: float) -> Problems:
    """Start problems at v, (P, D), with so much damping; F there is written into loss."""
    n_problems, n_unknowns = v.shape
    return Problems(
        v,
        loss,
        np.zeros((n_problems, n_unknowns)),
        np.zeros((n_problems, n_unknowns, n_unknowns)),
        np.zeros((n_problems, n_unknowns, n_unknowns)),
        np.full(n_problems, damping),
        v.copy(),
        np.zeros(n_problems),
        np.arange(n_problems),
        np.zeros(n_problems, dtype=np.int64),
    )


def step_room_of(n_unknowns: int) -> StepRoom:
    """Make room for a step."""
    return StepRoom(np.zeros((n_unknowns, n_unknowns)), *np.zeros((6, n_unknowns)))


@inlined
def judge(b, p, value, is_exact, tol, curved, problems, room):
    """Take what problem p has tried, or leave it, and return what becomes of it.

    In lane b of `curved` are slope and curvature there, and `value` is F.
    """
    loss, damping, promised = problems.loss, problems.damping, problems.promised
    if not value < loss[p]:
        # The first point has no F, or no step is short enough to lower it: rounding.
        if loss[p] == math.inf:
            return DROPPED
        damping[p] = max(10.0 * damping[p], 1e-3)
        # What was learned of the curvature may have misled.
        forget_curvature(p, problems)
        # A step that ends at a bound may promise to raise F: then a shorter one is called for.
        if damping[p] > _MOST_DAMPING or 0.0 <= promised[p] <= tol * loss[p]:
            return CONVERGED
        return RUNNING
    gained = loss[p] - value
    if gained > 0.75 * promised[p]:
        damping[p] = max(0.1 * damping[p], LEAST_DAMPING)
    elif gained < 0.25 * promised[p]:
        damping[p] *= 4.0
    settled = gained <= 10.0 * tol * value and damping[p] < 1.0
    is_first = loss[p] == math.inf
    loss[p] = value
    _learn_curvature(b, p, is_first, curved, problems, room)
    if is_exact:
        return CONVERGED
    return SETTLED if settled else RUNNING


@inlined
def forget_curvature(p, problems):
    """Go back to Gauss and Newton's curvature."""
    curvature, beyond = problems.curvature[p], problems.beyond[p]
    for d in range(curvature.shape[0]):
        for c in range(d + 1):
            curvature[d, c] -= beyond[d, c]
            beyond[d, c] = 0.0


@inlined
def _learn_curvature(b, p, is_first, curved, problems, room):
    """Move problem p to what it has tried, and learn from the change of slope on the way.

    Gauss and Newton leave out what the residuals' second derivatives add to the curvature. A
    symmetric update of rank one estimates it, S s = g(v + s) - g(v) - H(v + s) s.
    """
    v, trial = problems.v, problems.trial
    gradient, curvature = problems.gradient, problems.curvature
    lane_gradient, lane_curvature = curved.gradient, curved.curvature
    n_unknowns = v.shape[1]
    step, rest, old_change = room.step, room.rest, room.old
    S = problems.beyond[p]
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
            old_change[d] = old
            of_step += step[d] * change
            size += step[d] * old
        shrink = 1.0
        if abs(size) > abs(of_step):
            shrink = abs(of_step) / abs(size)
        for d in range(n_unknowns):
            rest[d] -= shrink * old_change[d]
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
def propose(p, problems, bounds, room):
    """Write the point that problem p tries next, and how much lower (1) says that F is there.

    `bounds` (2, Q) are those of the first Q unknowns.
    """
    v, trial = problems.v[p], problems.trial[p]
    gradient, curvature = problems.gradient[p], problems.curvature[p]
    scale, step, is_set, right = room.scale, room.step, room.is_set, room.right
    n_unknowns, n_free = v.shape[0], bounds.shape[1]
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
        _solve(curvature, problems.damping[p], room)
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
    problems.promised[p] = promise


@inlined
def _solve(curvature, damping, room):
    """Solve (H + damping diag H) step = right for what is not set, by Cholesky on unit diagonals.

    What the curvature does not tell apart from the unknowns before it stays where it is.
    """
    factor, scale, is_set = room.factor, room.scale, room.is_set
    right, step = room.right, room.step
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
