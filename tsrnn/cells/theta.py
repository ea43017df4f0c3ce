"""The theta method as recurrent cells: simple smoothing beside a line whose slope is changed.

With theta >= 1, w = 1 - 1/theta, level l, a line A + B t, q_t = (1 - alpha)^t and y_t the input
x_t, or the prediction o_t where x_t is missing:

    r_t = (1 - (1 - alpha) q_{t-1}) / alpha                                             (1)
    o_t = l_{t-1} + w (q_{t-1} A_{t-1} + r_t B_{t-1})                                   (2)
    l_t = l_{t-1} + alpha (y_t - l_{t-1})                                               (3)
    q_t = (1 - alpha) q_{t-1}                                                           (4)

"theta", state (l, A, B, q): A and B stay what they are, as a rule the least-squares line through
the whole series. "dynamic_theta", state (l, A, B, m, q, n): the line is that through the n = t
values so far, and m their mean,

    B_t = ((t - 2) B_{t-1} + 6 (y_t - m_{t-1}) / t) / (t + 1),    B_1 = 0               (5)
    m_t = m_{t-1} + (y_t - m_{t-1}) / t                                                 (6)
    A_t = m_t - B_t (t + 1) / 2                                                         (7)

from A = B = m = n = 0 and q = 1 before the first value. alpha and w have no unit, q and n neither;
l, A and m are in the units of x, and B so much a step. theta = 1 is simple smoothing, theta = 2 the
method that won the M3 competition.

Source: J. A. Fiorucci, T. R. Pellegrini, F. Louzada, F. Petropoulos and A. B. Koehler, Models for
optimising the theta method and their relationship to state space models, International Journal of
Forecasting 32 (2016), equations 15 to 26; V. Assimakopoulos and K. Nikolopoulos, The theta model: a
decomposition approach to forecasting, International Journal of Forecasting 16 (2000).
"""

from __future__ import annotations

from tsrnn.cells.smoother_cell import (
    Parameter,
    SmootherCell,
    adjoint_kernel,
    step_kernel,
    tangent_kernel,
)


@step_kernel
def _static_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha, level, decay = theta[b], h[b], h[3 * B + b]
        next_decay = (1.0 - alpha) * decay
        weight_of_slope = (1.0 - next_decay) / alpha  # (1)
        line = decay * h[B + b] + weight_of_slope * h[2 * B + b]
        prediction = level + theta[B + b] * line  # (2)
        value = x[b] if x[b] == x[b] else prediction
        out[b] = prediction
        h_new[b] = level + alpha * (value - level)  # (3)
        h_new[B + b] = h[B + b]
        h_new[2 * B + b] = h[2 * B + b]
        h_new[3 * B + b] = next_decay  # (4)


@adjoint_kernel
def _static_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha, share, level = theta[b], theta[B + b], h[b]
        intercept, slope, decay = h[B + b], h[2 * B + b], h[3 * B + b]
        weight_of_slope = (1.0 - (1.0 - alpha) * decay) / alpha
        is_seen = x[b] == x[b]
        value = x[b] if is_seen else out[b]
        d_value = alpha * d_h_new[b]  # (3)
        d_prediction = d_out[b] + (0.0 if is_seen else d_value)
        d_weight = share * slope * d_prediction  # (2)
        d_decay = d_h_new[3 * B + b] - d_weight / alpha  # (1), (4)
        d_theta[b] += (value - level) * d_h_new[b] - weight_of_slope * d_weight / alpha
        d_theta[b] -= decay * d_decay
        d_theta[B + b] += (decay * intercept + weight_of_slope * slope) * d_prediction
        d_x[b] = d_value if is_seen else 0.0
        d_h[b] = (1.0 - alpha) * d_h_new[b] + d_prediction
        d_h[B + b] = d_h_new[B + b] + share * decay * d_prediction
        d_h[2 * B + b] = d_h_new[2 * B + b] + share * weight_of_slope * d_prediction
        d_h[3 * B + b] = (1.0 - alpha) * d_decay + share * intercept * d_prediction


@tangent_kernel
def _static_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    for d in range(D):
        d_alpha, d_share = d_theta[2 * d], d_theta[2 * d + 1]
        first = d * S * B
        for b in range(n_lanes):
            alpha, share = theta[b], theta[B + b]
            intercept, slope, decay = h[B + b], h[2 * B + b], h[3 * B + b]
            weight_of_slope = (1.0 - (1.0 - alpha) * decay) / alpha
            line = decay * intercept + weight_of_slope * slope
            value = h[b] + share * line + error[b]
            d_level, d_decay = d_h[first + b], d_h[first + 3 * B + b]
            d_next_decay = (1.0 - alpha) * d_decay - d_alpha * decay  # (4)
            d_weight = -(d_next_decay + d_alpha * weight_of_slope) / alpha  # (1)
            d_line = d_decay * intercept + decay * d_h[first + B + b]
            d_line += d_weight * slope + weight_of_slope * d_h[first + 2 * B + b]
            d_prediction = d_level + d_share * line + share * d_line  # (2)
            d_value = d_prediction + seen[b] * (d_x[d * B + b] - d_prediction)
            d_out[d * B + b] = d_prediction
            d_h[first + b] = d_level + alpha * (d_value - d_level) + d_alpha * (value - h[b])  # (3)
            d_h[first + 3 * B + b] = d_next_decay


@step_kernel
def _dynamic_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha, level, mean, decay = theta[b], h[b], h[3 * B + b], h[4 * B + b]
        next_decay = (1.0 - alpha) * decay
        weight_of_slope = (1.0 - next_decay) / alpha  # (1)
        line = decay * h[B + b] + weight_of_slope * h[2 * B + b]
        prediction = level + theta[B + b] * line  # (2)
        value = x[b] if x[b] == x[b] else prediction
        t = h[5 * B + b] + 1.0
        change = (value - mean) / t
        slope = ((t - 2.0) * h[2 * B + b] + 6.0 * change) / (t + 1.0)  # (5)
        slope = slope if t != 1.0 else 0.0
        out[b] = prediction
        h_new[b] = level + alpha * (value - level)  # (3)
        h_new[B + b] = mean + change - 0.5 * (t + 1.0) * slope  # (7)
        h_new[2 * B + b] = slope
        h_new[3 * B + b] = mean + change  # (6)
        h_new[4 * B + b] = next_decay  # (4)
        h_new[5 * B + b] = t


@adjoint_kernel
def _dynamic_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha, share, level = theta[b], theta[B + b], h[b]
        intercept, slope, mean, decay = h[B + b], h[2 * B + b], h[3 * B + b], h[4 * B + b]
        t, new_slope = h[5 * B + b] + 1.0, h_new[2 * B + b]
        weight_of_slope = (1.0 - (1.0 - alpha) * decay) / alpha
        is_seen = x[b] == x[b]
        value = x[b] if is_seen else out[b]
        d_intercept = d_h_new[B + b]
        d_new_mean = d_h_new[3 * B + b] + d_intercept  # (6), (7)
        d_sum = d_h_new[2 * B + b] / (t + 1.0) - 0.5 * d_intercept  # of the bracket in (5)
        d_sum = d_sum if t != 1.0 else 0.0
        d_change = d_new_mean + 6.0 * d_sum
        d_t = d_h_new[5 * B + b] - 0.5 * new_slope * d_intercept
        d_t += d_sum * (slope - new_slope) - d_change * (value - mean) / (t * t)
        d_value = alpha * d_h_new[b] + d_change / t  # (3)
        d_prediction = d_out[b] + (0.0 if is_seen else d_value)
        d_weight = share * slope * d_prediction  # (2)
        d_decay = d_h_new[4 * B + b] - d_weight / alpha  # (1), (4)
        d_theta[b] += (value - level) * d_h_new[b] - weight_of_slope * d_weight / alpha
        d_theta[b] -= decay * d_decay
        d_theta[B + b] += (decay * intercept + weight_of_slope * slope) * d_prediction
        d_x[b] = d_value if is_seen else 0.0
        d_h[b] = (1.0 - alpha) * d_h_new[b] + d_prediction
        d_h[B + b] = share * decay * d_prediction
        d_h[2 * B + b] = (t - 2.0) * d_sum + share * weight_of_slope * d_prediction
        d_h[3 * B + b] = d_new_mean - d_change / t
        d_h[4 * B + b] = (1.0 - alpha) * d_decay + share * intercept * d_prediction
        d_h[5 * B + b] = d_t


@tangent_kernel
def _dynamic_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    for d in range(D):
        d_alpha, d_share = d_theta[2 * d], d_theta[2 * d + 1]
        first = d * S * B
        for b in range(n_lanes):
            alpha, share = theta[b], theta[B + b]
            intercept, slope, mean, decay = h[B + b], h[2 * B + b], h[3 * B + b], h[4 * B + b]
            t = h[5 * B + b] + 1.0
            weight_of_slope = (1.0 - (1.0 - alpha) * decay) / alpha
            line = decay * intercept + weight_of_slope * slope
            value = h[b] + share * line + error[b]
            change = (value - mean) / t
            new_slope = ((t - 2.0) * slope + 6.0 * change) / (t + 1.0)
            new_slope = new_slope if t != 1.0 else 0.0
            d_level, d_slope, d_mean = (
                d_h[first + b],
                d_h[first + 2 * B + b],
                d_h[first + 3 * B + b],
            )
            d_decay, d_t = d_h[first + 4 * B + b], d_h[first + 5 * B + b]
            d_next_decay = (1.0 - alpha) * d_decay - d_alpha * decay  # (4)
            d_weight = -(d_next_decay + d_alpha * weight_of_slope) / alpha  # (1)
            d_line = d_decay * intercept + decay * d_h[first + B + b]
            d_line += d_weight * slope + weight_of_slope * d_slope
            d_prediction = d_level + d_share * line + share * d_line  # (2)
            d_value = d_prediction + seen[b] * (d_x[d * B + b] - d_prediction)
            d_change = (d_value - d_mean - change * d_t) / t
            d_sum = (t - 2.0) * d_slope + 6.0 * d_change  # of the bracket in (5)
            d_new_slope = (d_sum + (slope - new_slope) * d_t) / (t + 1.0)
            d_new_slope = d_new_slope if t != 1.0 else 0.0
            d_new_mean = d_mean + d_change  # (6)
            d_out[d * B + b] = d_prediction
            d_h[first + b] = d_level + alpha * (d_value - d_level) + d_alpha * (value - h[b])  # (3)
            d_h[first + B + b] = d_new_mean - 0.5 * ((t + 1.0) * d_new_slope + new_slope * d_t)
            d_h[first + 2 * B + b] = d_new_slope
            d_h[first + 3 * B + b] = d_new_mean
            d_h[first + 4 * B + b] = d_next_decay


# The bounds are those of the authors: a theta of 2^33, near their 1e10, goes on as the line does.
_PARAMETERS = (
    Parameter("alpha", lower=0.1, upper=0.99),
    Parameter("share", lower=0.0, upper=1.0 - 2.0**-33),
)

THETA = SmootherCell(
    name="theta",
    parameters=_PARAMETERS,
    n_inputs=1,
    n_outputs=1,
    state_names=("level", "intercept", "slope", "decay"),
    step=_static_step,
    adjoint=_static_adjoint,
    tangent=_static_tangent,
)

DYNAMIC_THETA = SmootherCell(
    name="dynamic_theta",
    parameters=_PARAMETERS,
    n_inputs=1,
    n_outputs=1,
    state_names=("level", "intercept", "slope", "mean", "decay", "count"),
    step=_dynamic_step,
    adjoint=_dynamic_adjoint,
    tangent=_dynamic_tangent,
)
