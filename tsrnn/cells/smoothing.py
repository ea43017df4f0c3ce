"""Exponential smoothing as recurrent cells.

Both cells predict x_t from the state and correct the state by what the prediction missed. With
level s, trend b, damping phi and the innovation e_t = x_t - o_t (0 where x_t is missing):

simple exponential smoothing, state (s)

    o_t = s_{t-1}                                                                       (1)
    s_t = o_t + alpha e_t                                                               (2)

Holt's method, state (s, b), in error-correction form

    o_t = s_{t-1} + phi b_{t-1}                                                         (3)
    s_t = o_t + alpha e_t                                                               (4)
    b_t = phi b_{t-1} + alpha beta e_t                                                  (5)

(4) is the textbook's `alpha x_t + (1 - alpha) o_t`, and (5) its `beta (s_t - s_{t-1}) +
(1 - beta) phi b_{t-1}`, since s_t - s_{t-1} = phi b_{t-1} + alpha e_t. Parameters are
dimensionless, states in the units of x (b: a step). Source: Hyndman, Koehler, Ord and Snyder,
Forecasting with Exponential Smoothing (2008), chapter 2; their beta is our alpha beta.
"""

from __future__ import annotations

from tsrnn.cells.smoother_cell import (
    SmootherCell,
    SmoothingParameter,
    adjoint_kernel,
    step_kernel,
    tangent_kernel,
)


@step_kernel
def _ses_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        prediction = h[b]  # (1)
        error = x[b] - prediction
        error = error if error == error else 0.0
        out[b] = prediction
        h_new[b] = prediction + theta[b] * error  # (2)


@adjoint_kernel
def _ses_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_level = d_h_new[b]
        d_error = seen * theta[b] * d_level  # (2)
        d_theta[b] += error * d_level
        d_x[b] = d_error
        d_h[b] = d_out[b] + d_level - d_error  # (1)


@tangent_kernel
def _ses_tangent(theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B):
    for d in range(D):
        d_alpha = d_theta[d]
        for b in range(n_lanes):
            d_prediction = d_h[d * B + b]
            d_error = seen[b] * (d_x[d * B + b] - d_prediction)
            d_out[d * B + b] = d_prediction  # (1)
            d_h[d * B + b] = d_prediction + d_alpha * error[b] + theta[b] * d_error  # (2)


@step_kernel
def _holt_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha = theta[b]
        trend = theta[2 * B + b] * h[B + b]
        prediction = h[b] + trend  # (3)
        error = x[b] - prediction
        error = error if error == error else 0.0
        out[b] = prediction
        h_new[b] = prediction + alpha * error  # (4)
        h_new[B + b] = trend + alpha * theta[B + b] * error  # (5)


@adjoint_kernel
def _holt_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha = theta[b]
        beta = theta[B + b]
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_level = d_h_new[b]
        d_trend = d_h_new[B + b]
        d_correction = d_level + beta * d_trend  # of alpha e_t in (4) and (5)
        d_error = seen * alpha * d_correction
        d_prediction = d_out[b] + d_level - d_error
        d_damped = d_trend + d_prediction  # of phi b_{t-1} in (3) and (5)
        d_theta[b] += error * d_correction
        d_theta[B + b] += alpha * error * d_trend
        d_theta[2 * B + b] += h[B + b] * d_damped
        d_x[b] = d_error
        d_h[b] = d_prediction
        d_h[B + b] = theta[2 * B + b] * d_damped


@tangent_kernel
def _holt_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    for d in range(D):
        d_alpha, d_beta, d_phi = d_theta[3 * d], d_theta[3 * d + 1], d_theta[3 * d + 2]
        level, trend = 2 * d * B, (2 * d + 1) * B
        for b in range(n_lanes):
            alpha, beta, phi = theta[b], theta[B + b], theta[2 * B + b]
            d_damped = phi * d_h[trend + b] + d_phi * h[B + b]
            d_prediction = d_h[level + b] + d_damped
            d_error = seen[b] * (d_x[d * B + b] - d_prediction)
            d_correction = d_alpha * error[b] + alpha * d_error  # of alpha e_t in (4) and (5)
            d_out[d * B + b] = d_prediction  # (3)
            d_h[level + b] = d_prediction + d_correction  # (4)
            d_h[trend + b] = d_damped + beta * d_correction + d_beta * alpha * error[b]  # (5)


# From one of the points that `spread` has, those of gamma included, nearly every seasonal series of
# M3 finds the best optimum that a hundred starts find. Zero is left out of grids: next to it a
# search sees which way is down, and at alpha = 0 every beta is alike.
ALPHA = SmoothingParameter(
    "alpha",
    lower=0.0,
    upper=1.0,
    part="level",
    fallback=0.5,
    absent=None,
    spread=(0.5, 0.05, 0.01, 0.75, 0.01, 0.01, 0.75),
    flat=0.5,
    grid=(0.005, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0),
)
BETA = SmoothingParameter(
    "beta",
    lower=0.0,
    upper=1.0,
    part="trend",
    fallback=0.1,
    absent=0.0,
    spread=(0.95, 0.95, 0.01, 0.1, 0.95, 0.95, 0.01),
    flat=0.0,
    grid=(0.003, 0.02, 0.06, 0.12, 0.25, 0.5, 0.8, 1.0),
    slow=(0.0005, 0.0005),
    near_absent=0.01,
)
PHI = SmoothingParameter(
    "phi",
    lower=0.8,
    upper=0.995,
    part="damping",
    fallback=0.9,
    absent=1.0,
    spread=(0.9, 0.95, 0.985, 0.95, 0.82, 0.95, 0.975),
    flat=0.9,
    grid=(0.8, 0.9, 0.96, 0.99),
    slow=(0.993, 0.9),
    near_absent=0.97,
)

SES = SmootherCell(
    name="ses",
    parameters=(ALPHA,),
    n_inputs=1,
    n_outputs=1,
    state_names=("level",),
    step=_ses_step,
    adjoint=_ses_adjoint,
    tangent=_ses_tangent,
)

HOLT = SmootherCell(
    name="holt",
    parameters=(ALPHA, BETA, PHI),
    n_inputs=1,
    n_outputs=1,
    state_names=("level", "trend"),
    step=_holt_step,
    adjoint=_holt_adjoint,
    tangent=_holt_tangent,
)
