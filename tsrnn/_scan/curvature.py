"""The loss of smoothers, and how it changes with what they learn: slope and curvature.

With the prediction o_t of x_t, which depends on D unknowns v (parameters, initial state,
coefficients of regressors), a residual is

    r_t = x_t - o_t                   for additive errors                               (1)
    r_t = (x_t - o_t) / m_t           for multiplicative errors                         (2)

where x_t is the series net of what regressors add, e_t, and m_t = o_t + e_t the prediction of the
series itself. What minus twice the log-likelihood depends on is n log F, with

    F = w^2 sum_t r_t^2,    log w = (1/n) sum_t log m_t  for multiplicative errors      (3)

and w = 1 for additive ones. So F is a sum of squares of z_t = w r_t, and the tangents of the cell
give half the gradient of F, sum_t z_t dz_t, and half its curvature according to Gauss and Newton,
sum_t dz_t dz_t'. As x_t + e_t does not depend on the unknowns,

    dm_t = do_t - dx_t,    dr_t = (1 + r_t) (dx_t - do_t) / m_t                         (4)

Source of (3): Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008),
chapter 5.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tsrnn._compute.declare import Integers, Slab, Slabs, Vector, inlined, pointer

# Levels and seasons of a positive series of order one are below this, but for fits that divide by a
# level near zero on the way.
MOST_OF_A_STATE = 100.0

# So many predictions are multiplied before the logarithm of the product is taken.
_LOG_EVERY = 8


class Lanes(NamedTuple):
    """B smoothers side by side.

    Attributes
    ----------
    theta : (K, B) array
    x : (T, 1 or 2, B) array
        The series net of what regressors add, NaN where missing; then, for residuals (2), what
        they add. None do where that is left out.
    d_x : (T, C, B) array
        Derivatives of x with respect to the last C unknowns.
    active : (T,) array
        At each step, how many lanes are not at their end.
    states : (2, S, B) array
        The initial state in the first half; scratch.
    d_states : (D, S, B) array
        Its derivatives; scratch.
    d_theta : (D, K) array
        Derivatives of theta.
    """

    theta: Slab
    x: Slabs
    d_x: Slabs
    active: Integers
    states: Slabs
    d_states: Slabs
    d_theta: Slab


class Curved(NamedTuple):
    """F of B smoothers, half its gradient and half its curvature.

    Attributes
    ----------
    n_seen : (B,) array
        How many values were observed.
    squares : (B,) array
        F.
    gradient : (D, B) array
    curvature : (D, D, B) array
        The lower triangle of it.
    """

    n_seen: Vector
    squares: Vector
    gradient: Slab
    curvature: Slabs


class Scratch(NamedTuple):
    """Results of a step for B smoothers, (B,), and their derivatives, (D, B).

    `tangent` (4, B) is for the cell; `d_input` is zero but for its last C rows.
    """

    out: Vector
    error: Vector
    seen: Vector
    residual: Vector
    inverse: Vector
    slope: Vector
    product: Vector
    log_sum: Vector
    lowest: Vector
    largest: Vector
    tangent: Slab
    d_input: Slab
    d_out: Slab
    d_residual: Slab
    d_log: Slab


def curved_of(n_unknowns: int, n_lanes: int) -> Curved:
    """Make room for F, its gradient and its curvature."""
    return Curved(
        np.zeros(n_lanes),
        np.zeros(n_lanes),
        np.zeros((n_unknowns, n_lanes)),
        np.zeros((n_unknowns, n_unknowns, n_lanes)),
    )


def scratch_of(n_unknowns: int, n_lanes: int) -> Scratch:
    """Make room for what a step computes."""
    return Scratch(  # type: ignore[call-arg]  # as many as it has fields
        *np.zeros((10, n_lanes)), np.zeros((4, n_lanes)), *np.zeros((4, n_unknowns, n_lanes))
    )


@inlined
def accumulate_curvature(
    step, tangent, is_relative, is_linear, n_timesteps, lanes, scratch, curved, stop
):
    """Fill F, half its gradient and half its curvature for B smoothers side by side.

    Parameters
    ----------
    step, tangent
        Of the cell.
    is_relative : bool
        Residuals (2) rather than (1).
    is_linear : bool
        Whether the cell is. Where it is not, its outputs must be positive, or F is infinite; so
        must, for residuals (2), predictions be. For either the first and the last number of the
        state (level and newest season) must be of an order that a series of order one can have.
    n_timesteps : int
        So many of T are taken.
    lanes : Lanes
    scratch : Scratch
    curved : Curved
    stop : (1,) array
        Where it is not 0, all ends, and what is filled means nothing.
    """
    theta, x, d_x, active = lanes.theta, lanes.x, lanes.d_x, lanes.active
    states, d_states, d_theta = lanes.states, lanes.d_states, lanes.d_theta
    out, error, seen, residual = scratch.out, scratch.error, scratch.seen, scratch.residual
    inverse, slope, product = scratch.inverse, scratch.slope, scratch.product
    log_sum, lowest, largest = scratch.log_sum, scratch.lowest, scratch.largest
    d_input, d_out, d_residual = scratch.d_input, scratch.d_out, scratch.d_residual
    d_log, for_tangent = scratch.d_log, scratch.tangent
    n_seen, squares = curved.n_seen, curved.squares
    gradient, curvature = curved.gradient, curved.curvature
    n_unknowns, n_state, n_lanes = gradient.shape[0], states.shape[1], x.shape[2]
    n_columns, has_effect = d_x.shape[1], x.shape[1] > 1
    squares[:], gradient[:], curvature[:], d_log[:] = 0.0, 0.0, 0.0, 0.0
    product[:], log_sum[:], n_seen[:], lowest[:], largest[:] = 1.0, 0.0, 0.0, math.inf, 0.0
    for t in range(n_timesteps):
        if stop[0] != 0:
            return
        n_active, old, new = active[t], t % 2, (t + 1) % 2
        now = x[t, 0]
        step(
            pointer(theta),
            pointer(now),
            pointer(states[old]),
            pointer(states[new]),
            pointer(out),
            1,
            n_state,
            n_active,
            n_lanes,
        )
        for b in range(n_active):
            miss = now[b] - out[b]
            seen[b] = 1.0 if miss == miss else 0.0
            error[b] = miss if miss == miss else 0.0
            n_seen[b] += seen[b]
        for c in range(n_columns):
            for b in range(n_active):
                d_input[n_unknowns - n_columns + c, b] = d_x[t, c, b]
        tangent(
            pointer(theta),
            pointer(states[old]),
            pointer(error),
            pointer(seen),
            pointer(d_theta),
            pointer(d_input),
            pointer(d_states),
            pointer(d_out),
            pointer(for_tangent),
            t,
            n_unknowns,
            n_state,
            n_active,
            n_lanes,
        )
        if not is_linear:
            for b in range(n_active):
                lowest[b] = out[b] if out[b] < lowest[b] else lowest[b]
        # dr = slope (dx - do): zero where x is missing.
        if is_relative:
            if has_effect:
                effect = x[t, 1]
                for b in range(n_active):
                    out[b] += effect[b]
            for b in range(n_active):
                inverse[b] = seen[b] / out[b]
                residual[b] = error[b] * inverse[b]
                slope[b] = inverse[b] * (1.0 + residual[b])
                product[b] *= out[b] if seen[b] > 0.0 else 1.0
                lowest[b] = out[b] if out[b] < lowest[b] else lowest[b]
        else:
            for b in range(n_active):
                residual[b] = error[b]
                slope[b] = seen[b]
        for b in range(n_active):
            squares[b] += residual[b] * residual[b]
        if is_relative or not is_linear:
            level, season = states[new, 0], states[new, n_state - 1]
            for b in range(n_active):
                size = max(abs(level[b]), abs(season[b]))
                largest[b] = size if size > largest[b] else largest[b]
        for d in range(n_unknowns):
            d_r, d_o, row = d_residual[d], d_out[d], gradient[d]
            d_i = d_input[d]
            for b in range(n_active):
                d_r[b] = slope[b] * (d_i[b] - d_o[b])
                row[b] += residual[b] * d_r[b]
            for c in range(d + 1):
                other, entry = d_residual[c], curvature[d, c]
                for b in range(n_active):
                    entry[b] += d_r[b] * other[b]
        if is_relative:
            for d in range(n_unknowns):
                d_o, d_i, row = d_out[d], d_input[d], d_log[d]
                for b in range(n_active):
                    row[b] += inverse[b] * (d_o[b] - d_i[b])
            if t % _LOG_EVERY == _LOG_EVERY - 1 or t == n_timesteps - 1:
                for b in range(n_lanes):
                    log_sum[b] += math.log(product[b]) if product[b] > 0.0 else math.inf
                    product[b] = 1.0
    if is_relative:
        _weigh(squares, gradient, curvature, d_log, log_sum, n_seen)
    for b in range(n_lanes):
        is_valid = squares[b] == squares[b]
        if is_relative or not is_linear:
            is_valid = is_valid and lowest[b] > 0.0 and largest[b] < MOST_OF_A_STATE
        squares[b] = squares[b] if is_valid else math.inf


@inlined
def _weigh(squares, gradient, curvature, d_log, log_sum, n_seen):
    """Multiply the residuals by w, which depends on the unknowns as well."""
    n_unknowns, n_lanes = gradient.shape
    for b in range(n_lanes):
        w = math.exp(log_sum[b] / n_seen[b]) ** 2
        for d in range(n_unknowns):
            d_log[d, b] /= n_seen[b]
        for d in range(n_unknowns):
            for c in range(d + 1):
                # dz = w (dr + r dlog w)
                curvature[d, c, b] += (
                    gradient[d, b] * d_log[c, b]
                    + gradient[c, b] * d_log[d, b]
                    + squares[b] * d_log[d, b] * d_log[c, b]
                )
                curvature[d, c, b] *= w
        for d in range(n_unknowns):
            gradient[d, b] = w * (gradient[d, b] + squares[b] * d_log[d, b])
        squares[b] *= w
