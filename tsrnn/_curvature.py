"""How well smoothers predict, and how that changes with what they learn: slope and curvature.

With the prediction o_t of x_t, which depends on D unknowns v (parameters, initial state,
coefficients of regressors), a residual is

    r_t = x_t - o_t                   for additive errors                               (1)
    r_t = x_t / o_t - 1               for multiplicative errors                         (2)

and what minus twice the log-likelihood depends on is n log F, with

    F = w^2 sum_t r_t^2,    log w = (1/n) sum_t log o_t  for multiplicative errors      (3)

and w = 1 for additive ones. So F is a sum of squares of z_t = w r_t, and the tangents of the cell
give half the gradient of F, sum_t z_t dz_t, and half its curvature according to Gauss and Newton,
sum_t dz_t dz_t'. Source of (3): Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential
Smoothing (2008), chapter 5.
"""

from __future__ import annotations

import math

from tsrnn._compile import borrowed, inlined, pointer

# So many predictions are multiplied before the logarithm of the product is taken.
_LOG_EVERY = 8


@inlined
def accumulate_curvature(
    step,
    tangent,
    is_relative,
    is_positive,
    theta,
    x,
    d_x,
    active,
    states,
    d_states,
    d_theta,
    lanes,
    directions,
    squares,
    gradient,
    curvature,
):
    """Fill F, half its gradient and half its curvature for B smoothers side by side.

    Parameters
    ----------
    step, tangent
        Of the cell.
    is_relative : bool
        Residuals (2) rather than (1).
    is_positive : bool
        Predictions must be positive, or F is infinite.
    theta : (K, B) array
    x : (T, 1, B) array
        NaN where missing.
    d_x : (T, C, B) array
        Derivatives of x with respect to the last C unknowns.
    active : (T,) array
        At each step, how many lanes are not at their end.
    states : (2, S, B) array
        The initial state in the first half; scratch.
    d_states : (2, D, S, B) array
        Its derivatives in the first half; scratch.
    d_theta : (D, K) array
        Derivatives of theta.
    lanes : (8, B) array
        Scratch.
    directions : (4, D, B) array
        Scratch; directions[0] is zero but for the last C rows.
    squares : (B,) array
        F.
    gradient : (D, B) array
    curvature : (D, D, B) array
        The lower triangle of it.
    """
    n_unknowns, n_state, n_lanes = gradient.shape[0], states.shape[1], x.shape[2]
    n_columns = d_x.shape[1]
    out, residual, weight, slope = lanes[0], lanes[1], lanes[2], lanes[3]
    product, log_sum, n_seen, is_valid = lanes[4], lanes[5], lanes[6], lanes[7]
    d_input, d_out, d_residual, d_log = directions[0], directions[1], directions[2], directions[3]
    squares[:], gradient[:], curvature[:], d_log[:] = 0.0, 0.0, 0.0, 0.0
    product[:], log_sum[:], n_seen[:], is_valid[:] = 1.0, 0.0, 0.0, 1.0
    for t in range(x.shape[0]):
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
        for c in range(n_columns):
            d_input[n_unknowns - n_columns + c] = d_x[t, c]
        tangent(
            pointer(theta),
            pointer(now),
            pointer(states[old]),
            pointer(out),
            pointer(d_theta),
            pointer(d_input),
            pointer(d_states[old]),
            pointer(d_states[new]),
            pointer(d_out),
            n_unknowns,
            1,
            n_state,
            n_active,
            n_lanes,
        )
        # dr = weight dx - slope do, and both are zero where x is missing.
        for b in range(n_active):
            error = now[b] - out[b]
            seen = 1.0 if error == error else 0.0
            error = error if error == error else 0.0
            inverse = 1.0 / out[b] if is_relative else 1.0
            residual[b] = error * inverse
            weight[b] = seen * inverse
            slope[b] = seen * inverse * (1.0 + residual[b] if is_relative else 1.0)
            squares[b] += residual[b] * residual[b]
            n_seen[b] += seen
            if is_positive:
                is_valid[b] = is_valid[b] if out[b] > 0.0 else 0.0
                product[b] *= out[b] if seen > 0.0 else 1.0
        for d in range(n_unknowns):
            d_r, d_o, row = borrowed(d_residual[d]), borrowed(d_out[d]), borrowed(gradient[d])
            for b in range(n_active):
                d_r[b] = -slope[b] * d_o[b]
            if d >= n_unknowns - n_columns:
                d_i = borrowed(d_input[d])
                for b in range(n_active):
                    d_r[b] += weight[b] * d_i[b]
            for b in range(n_active):
                row[b] += residual[b] * d_r[b]
            for c in range(d + 1):
                other, cell = borrowed(d_residual[c]), borrowed(curvature[d, c])
                for b in range(n_active):
                    cell[b] += d_r[b] * other[b]
        if is_relative:
            for d in range(n_unknowns):
                for b in range(n_active):
                    d_log[d, b] += weight[b] * d_out[d, b]
            if t % _LOG_EVERY == _LOG_EVERY - 1 or t == x.shape[0] - 1:
                for b in range(n_lanes):
                    log_sum[b] += math.log(product[b]) if product[b] > 0.0 else math.inf
                    product[b] = 1.0
    if is_relative:
        _weigh(squares, gradient, curvature, d_log, log_sum, n_seen)
    for b in range(n_lanes):
        squares[b] = squares[b] if is_valid[b] > 0.0 and squares[b] == squares[b] else math.inf


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
