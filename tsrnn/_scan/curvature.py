"""How well smoothers predict, and how that changes with what they learn: slope and curvature.

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

from tsrnn._compute.compile import borrowed, inlined, pointer

# Levels and seasons of a positive series of order one are below this, but for fits that divide by a
# level near zero on the way.
MOST_OF_A_STATE = 100.0

# So many predictions are multiplied before the logarithm of the product is taken.
_LOG_EVERY = 8


@inlined
def accumulate_curvature(
    step,
    tangent,
    is_relative,
    is_linear,
    theta,
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
    gradient,
    curvature,
    stop,
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
    lanes : (11, B) array
        Scratch; lanes[8] is left with the number of observed values.
    scratch : (4, B) array
        For the tangent.
    directions : (4, D, B) array
        Scratch; directions[0] is zero but for the last C rows.
    squares : (B,) array
        F.
    gradient : (D, B) array
    curvature : (D, D, B) array
        The lower triangle of it.
    stop : (1,) array
        Where it is not 0, all ends, and what is filled means nothing.
    """
    n_unknowns, n_state, n_lanes = gradient.shape[0], states.shape[1], x.shape[2]
    n_columns, has_effect = d_x.shape[1], x.shape[1] > 1
    out, error, seen, residual = lanes[0], lanes[1], lanes[2], lanes[3]
    inverse, slope, product, log_sum = lanes[4], lanes[5], lanes[6], lanes[7]
    n_seen, lowest, largest = lanes[8], lanes[9], lanes[10]
    d_input, d_out, d_residual, d_log = directions[0], directions[1], directions[2], directions[3]
    squares[:], gradient[:], curvature[:], d_log[:] = 0.0, 0.0, 0.0, 0.0
    product[:], log_sum[:], n_seen[:], lowest[:], largest[:] = 1.0, 0.0, 0.0, math.inf, 0.0
    for t in range(x.shape[0]):
        if stop[0] != 0:
            return
        n_active, old, new = active[t], t % 2, (t + 1) % 2
        now = borrowed(x[t, 0])
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
            d_input[n_unknowns - n_columns + c] = d_x[t, c]
        tangent(
            pointer(theta),
            pointer(states[old]),
            pointer(error),
            pointer(seen),
            pointer(d_theta),
            pointer(d_input),
            pointer(d_states),
            pointer(d_out),
            pointer(scratch),
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
                effect = borrowed(x[t, 1])
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
            level, season = borrowed(states[new, 0]), borrowed(states[new, n_state - 1])
            for b in range(n_active):
                size = max(abs(level[b]), abs(season[b]))
                largest[b] = size if size > largest[b] else largest[b]
        for d in range(n_unknowns):
            d_r, d_o, row = borrowed(d_residual[d]), borrowed(d_out[d]), borrowed(gradient[d])
            d_i = borrowed(d_input[d])
            for b in range(n_active):
                d_r[b] = slope[b] * (d_i[b] - d_o[b])
                row[b] += residual[b] * d_r[b]
            for c in range(d + 1):
                other, entry = borrowed(d_residual[c]), borrowed(curvature[d, c])
                for b in range(n_active):
                    entry[b] += d_r[b] * other[b]
        if is_relative:
            for d in range(n_unknowns):
                d_o, d_i, row = borrowed(d_out[d]), borrowed(d_input[d]), borrowed(d_log[d])
                for b in range(n_active):
                    row[b] += inverse[b] * (d_o[b] - d_i[b])
            if t % _LOG_EVERY == _LOG_EVERY - 1 or t == x.shape[0] - 1:
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
