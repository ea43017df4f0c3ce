"""Exponential smoothing with a season (Holt and Winters) as recurrent cells.

With level s, trend b, damping phi, seasonal states c, period m, mu_t = s_{t-1} + phi b_{t-1} and
the innovation e_t = x_t - o_t (0 where x_t is missing):

additive season

    o_t = mu_t + c_{t-m}                                                                (1)
    s_t = mu_t + alpha e_t                                                              (2)
    b_t = phi b_{t-1} + alpha beta e_t                                                  (3)
    c_t = c_{t-m} + gamma e_t                                                           (4)

multiplicative season

    o_t = mu_t c_{t-m}                                                                  (5)
    s_t = mu_t + alpha e_t / c_{t-m}                                                    (6)
    b_t = phi b_{t-1} + alpha beta e_t / c_{t-m}                                        (7)
    c_t = c_{t-m} + gamma e_t / mu_t                                                    (8)

The state is (s, b, season_1 .. season_m), the oldest season first: season_1 belongs to the next
step, which moves every other one up and puts its own at the end. Without a trend, b and beta are
held at zero. Whether errors are additive or multiplicative changes the likelihood, and not these
recursions. Additive seasons are in the units of x; multiplicative ones have none. Source: Hyndman,
Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008), chapter 2.
"""

from __future__ import annotations

from tsrnn._compute.compile import Step
from tsrnn.cells.smoother_cell import (
    SmootherCell,
    SmoothingParameter,
    adjoint_kernel,
    move_back,
    move_up,
    step_kernel,
    tangent_kernel,
)
from tsrnn.cells.smoothing import ALPHA, BETA, PHI

_N_PARAMETERS = 4

_GAMMA = SmoothingParameter(
    "gamma",
    lower=0.0,
    upper=1.0,
    part="season",
    fallback=0.1,
    absent=0.0,
    spread=(0.01, 0.1, 0.01, 0.1, 0.9, 0.01, 0.01),
    flat=0.0,
    beside_alpha=True,
)


@step_kernel
def _additive_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha = theta[b]
        trend = theta[3 * B + b] * h[B + b]
        season = h[2 * B + b]
        prediction = h[b] + trend + season  # (1)
        error = x[b] - prediction
        error = error if error == error else 0.0
        out[b] = prediction
        h_new[b] = h[b] + trend + alpha * error  # (2)
        h_new[B + b] = trend + alpha * theta[B + b] * error  # (3)
        h_new[(S - 1) * B + b] = season + theta[2 * B + b] * error  # (4)
    move_up(h, h_new, 2, S - 2, n_lanes, B)


@adjoint_kernel
def _additive_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha, beta, gamma, phi = theta[b], theta[B + b], theta[2 * B + b], theta[3 * B + b]
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_level = d_h_new[b]
        d_trend = d_h_new[B + b]
        d_season = d_h_new[(S - 1) * B + b]
        d_correction = d_level + beta * d_trend  # of alpha e_t in (2) and (3)
        d_error = seen * (alpha * d_correction + gamma * d_season)
        d_prediction = d_out[b] - d_error
        d_damped = d_trend + d_level + d_prediction  # of phi b_{t-1}
        d_theta[b] += error * d_correction
        d_theta[B + b] += alpha * error * d_trend
        d_theta[2 * B + b] += error * d_season
        d_theta[3 * B + b] += h[B + b] * d_damped
        d_x[b] = d_error
        d_h[b] = d_level + d_prediction
        d_h[B + b] = phi * d_damped
        d_h[2 * B + b] = d_season + d_prediction
    move_back(d_h_new, d_h, 2, S - 2, n_lanes, B)


@tangent_kernel
def _additive_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    for d in range(D):
        k = _N_PARAMETERS * d
        d_alpha, d_beta, d_gamma, d_phi = d_theta[k], d_theta[k + 1], d_theta[k + 2], d_theta[k + 3]
        level = d * S * B
        trend, season = level + B, level + (2 + shift % (S - 2)) * B
        for b in range(n_lanes):
            alpha, beta, gamma, phi = theta[b], theta[B + b], theta[2 * B + b], theta[3 * B + b]
            d_damped = phi * d_h[trend + b] + d_phi * h[B + b]
            d_mean = d_h[level + b] + d_damped
            d_season = d_h[season + b]
            d_prediction = d_mean + d_season  # (1)
            d_error = seen[b] * (d_x[d * B + b] - d_prediction)
            d_correction = d_alpha * error[b] + alpha * d_error
            d_out[d * B + b] = d_prediction
            d_h[level + b] = d_mean + d_correction  # (2)
            d_h[trend + b] = d_damped + beta * d_correction + d_beta * alpha * error[b]  # (3)
            d_h[season + b] = d_season + d_gamma * error[b] + gamma * d_error  # (4)


@step_kernel
def _multiplicative_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        alpha = theta[b]
        trend = theta[3 * B + b] * h[B + b]
        season = h[2 * B + b]
        mean = h[b] + trend
        prediction = mean * season  # (5)
        error = x[b] - prediction
        error = error if error == error else 0.0
        out[b] = prediction
        h_new[b] = mean + alpha * error / season  # (6)
        h_new[B + b] = trend + alpha * theta[B + b] * error / season  # (7)
        h_new[(S - 1) * B + b] = season + theta[2 * B + b] * error / mean  # (8)
    move_up(h, h_new, 2, S - 2, n_lanes, B)


@adjoint_kernel
def _multiplicative_adjoint(
    theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B
):
    for b in range(n_lanes):
        alpha, beta, gamma, phi = theta[b], theta[B + b], theta[2 * B + b], theta[3 * B + b]
        season = h[2 * B + b]
        mean = h[b] + phi * h[B + b]
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_level = d_h_new[b]
        d_trend = d_h_new[B + b]
        d_season = d_h_new[(S - 1) * B + b]
        d_correction = d_level + beta * d_trend  # of alpha e_t / c_{t-m} in (6) and (7)
        d_error = seen * (alpha * d_correction / season + gamma * d_season / mean)
        d_prediction = d_out[b] - d_error
        d_mean = d_level + season * d_prediction - gamma * error * d_season / (mean * mean)
        d_damped = d_trend + d_mean  # of phi b_{t-1}
        d_theta[b] += error * d_correction / season
        d_theta[B + b] += alpha * error * d_trend / season
        d_theta[2 * B + b] += error * d_season / mean
        d_theta[3 * B + b] += h[B + b] * d_damped
        d_x[b] = d_error
        d_h[b] = d_mean
        d_h[B + b] = phi * d_damped
        d_h[2 * B + b] = (
            d_season + mean * d_prediction - alpha * error * d_correction / (season * season)
        )
    move_back(d_h_new, d_h, 2, S - 2, n_lanes, B)


@tangent_kernel
def _multiplicative_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    # The mean mu_t, 1 / c_{t-m}, 1 / mu_t, and the share of an error that (6) and (7) take.
    mean, per_season, per_mean, share = 0, B, 2 * B, 3 * B
    for b in range(n_lanes):
        scratch[mean + b] = h[b] + theta[3 * B + b] * h[B + b]
        scratch[per_season + b] = 1.0 / h[2 * B + b]
        scratch[per_mean + b] = 1.0 / scratch[mean + b]
        scratch[share + b] = error[b] * scratch[per_season + b]
    for d in range(D):
        k = _N_PARAMETERS * d
        d_alpha, d_beta, d_gamma, d_phi = d_theta[k], d_theta[k + 1], d_theta[k + 2], d_theta[k + 3]
        level = d * S * B
        trend, season = level + B, level + (2 + shift % (S - 2)) * B
        for b in range(n_lanes):
            alpha, beta, gamma, phi = theta[b], theta[B + b], theta[2 * B + b], theta[3 * B + b]
            d_damped = phi * d_h[trend + b] + d_phi * h[B + b]
            d_mean = d_h[level + b] + d_damped
            d_season = d_h[season + b]
            d_prediction = d_mean * h[2 * B + b] + scratch[mean + b] * d_season  # (5)
            d_error = seen[b] * (d_x[d * B + b] - d_prediction)
            d_share = (d_error - scratch[share + b] * d_season) * scratch[per_season + b]
            d_correction = d_alpha * scratch[share + b] + alpha * d_share
            d_out[d * B + b] = d_prediction
            d_h[level + b] = d_mean + d_correction  # (6)
            d_h[trend + b] = (
                d_damped + beta * d_correction + d_beta * alpha * scratch[share + b]
            )  # (7)
            other = error[b] * scratch[per_mean + b]
            d_other = (d_error - other * d_mean) * scratch[per_mean + b]
            d_h[season + b] = d_season + d_gamma * other + gamma * d_other  # (8)


def holt_winters_add(period: int) -> SmootherCell:
    """Return the cell with an additive season of so many steps."""
    kernels = _additive_step, _additive_adjoint, _additive_tangent
    return _holt_winters("holt_winters_add", period, *kernels)


def holt_winters_mul(period: int) -> SmootherCell:
    """Return the cell with a multiplicative season of so many steps."""
    kernels = _multiplicative_step, _multiplicative_adjoint, _multiplicative_tangent
    return _holt_winters("holt_winters_mul", period, *kernels)


def _holt_winters(name: str, period: int, step: Step, adjoint: Step, tangent: Step) -> SmootherCell:
    seasons = (f"season_{i}" for i in range(1, period + 1))
    return SmootherCell(
        name=name,
        parameters=(ALPHA, BETA, _GAMMA, PHI),
        n_inputs=1,
        n_outputs=1,
        state_names=("level", "trend", *seasons),
        step=step,
        adjoint=adjoint,
        tangent=tangent,
    )
