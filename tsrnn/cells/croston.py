"""Smoothing of intermittent demand, most of which is zero, as recurrent cells.

Both cells smooth the sizes of demands, z, at the periods that have one (x_t > 0), and something
that tells how often that is. Parameters are dimensionless, sizes in the units of x.

Croston's method, state (z, p, q), smooths the intervals between demands, in periods. q counts the
periods since the last demand, this one included:

    o_t = (1 - c beta / 2) z_{t-1} / p_{t-1}                                            (1)
    z_t = z_{t-1} + alpha (x_t - z_{t-1})                            where x_t > 0      (2)
    p_t = p_{t-1} + beta (q_{t-1} - p_{t-1}),    q_t = 1             where x_t > 0      (3)
    q_t = q_{t-1} + 1                                                where x_t = 0      (4)

With c = 0 this is Croston's own prediction, which is too large, for the mean of 1 / p is not one
over the mean of p; c = 1 corrects for that (Syntetos and Boylan).

The method of Teunter, Syntetos and Babai, state (z, p), smooths the probability of a demand, which
falls with every period that has none:

    o_t = z_{t-1} p_{t-1}                                                               (5)
    z_t = z_{t-1} + alpha (x_t - z_{t-1})                            where x_t > 0      (6)
    p_t = p_{t-1} + beta (1 - p_{t-1})                               where x_t > 0      (7)
    p_t = p_{t-1} - beta p_{t-1}                                     where x_t = 0      (8)

In both, what is not written stays, and all stays where x_t is missing: a period that nobody has
looked at tells of no demand, and is not counted among those without. Before the first demand z is
0, which stands for a size that is not known: the first demand is then taken for it, and the time
to it for the interval, as if alpha in (2) and (6) and beta in (3) were 1.

Sources: J. D. Croston, Forecasting and stock control for intermittent demands, Operational Research
Quarterly 23 (1972); A. A. Syntetos and J. E. Boylan, The accuracy of intermittent demand estimates,
International Journal of Forecasting 21 (2005); R. H. Teunter, A. A. Syntetos and M. Z. Babai,
Intermittent demand: linking forecasting to inventory obsolescence, European Journal of Operational
Research 214 (2011).
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
def _croston_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        size, interval, elapsed = h[b], h[B + b], h[2 * B + b]
        alpha = theta[b] if size != 0.0 else 1.0
        beta = theta[B + b] if size != 0.0 else 1.0
        is_demand = x[b] > 0.0
        is_none = x[b] <= 0.0
        out[b] = (1.0 - 0.5 * theta[2 * B + b] * theta[B + b]) * size / interval  # (1)
        h_new[b] = size + alpha * (x[b] - size) if is_demand else size  # (2)
        h_new[B + b] = interval + beta * (elapsed - interval) if is_demand else interval  # (3)
        # (3), (4)
        h_new[2 * B + b] = 1.0 if is_demand else (elapsed + 1.0 if is_none else elapsed)


@adjoint_kernel
def _croston_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        size, interval, elapsed = h[b], h[B + b], h[2 * B + b]
        learns = 1.0 if size != 0.0 else 0.0
        seen = 1.0 if x[b] > 0.0 else 0.0
        alpha = seen * (theta[b] if size != 0.0 else 1.0)
        beta = seen * (theta[B + b] if size != 0.0 else 1.0)
        missed = x[b] - size if x[b] > 0.0 else 0.0
        factor = 1.0 - 0.5 * theta[2 * B + b] * theta[B + b]
        rate = size / interval
        d_size, d_interval = d_h_new[b], d_h_new[B + b]
        d_rate = factor * d_out[b]
        d_theta[b] += learns * missed * d_size  # (2)
        d_theta[B + b] += learns * seen * (elapsed - interval) * d_interval  # (3)
        d_theta[B + b] -= 0.5 * theta[2 * B + b] * rate * d_out[b]  # (1)
        d_theta[2 * B + b] -= 0.5 * theta[B + b] * rate * d_out[b]  # (1)
        d_x[b] = alpha * d_size
        d_h[2 * B + b] = beta * d_interval + (1.0 - seen) * d_h_new[2 * B + b]  # (3), (4)
        d_h[b] = (1.0 - alpha) * d_size + d_rate / interval
        d_h[B + b] = (1.0 - beta) * d_interval - d_rate * rate / interval


@tangent_kernel
def _croston_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    for d in range(D):
        d_alpha, d_beta, d_c = d_theta[3 * d], d_theta[3 * d + 1], d_theta[3 * d + 2]
        sizes, intervals, elapsing = 3 * d * B, (3 * d + 1) * B, (3 * d + 2) * B
        for b in range(n_lanes):
            size, interval, elapsed = h[b], h[B + b], h[2 * B + b]
            beta, c = theta[B + b], theta[2 * B + b]
            factor = 1.0 - 0.5 * c * beta
            rate = size / interval
            value = error[b] + factor * rate
            is_demand = seen[b] * (1.0 if value > 0.0 else 0.0)
            learns = is_demand * (1.0 if size != 0.0 else 0.0)
            of_size = is_demand * (theta[b] if size != 0.0 else 1.0)
            of_interval = is_demand * (beta if size != 0.0 else 1.0)
            d_size, d_interval = d_h[sizes + b], d_h[intervals + b]
            d_rate = (d_size - rate * d_interval) / interval
            d_out[d * B + b] = factor * d_rate - 0.5 * rate * (c * d_beta + beta * d_c)  # (1)
            d_h[sizes + b] = (
                d_size + of_size * (d_x[d * B + b] - d_size) + learns * d_alpha * (value - size)
            )  # (2)
            d_h[intervals + b] = (
                d_interval
                + of_interval * (d_h[elapsing + b] - d_interval)
                + learns * d_beta * (elapsed - interval)
            )  # (3)
            d_h[elapsing + b] *= 1.0 - is_demand  # (3), (4)


@step_kernel
def _tsb_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        size, probability = h[b], h[B + b]
        alpha = theta[b] if size != 0.0 else 1.0
        is_demand = x[b] > 0.0
        is_none = x[b] <= 0.0
        gain = theta[B + b] if is_demand or is_none else 0.0
        out[b] = size * probability  # (5)
        h_new[b] = size + alpha * (x[b] - size) if is_demand else size  # (6)
        h_new[B + b] = probability + gain * ((1.0 if is_demand else 0.0) - probability)  # (7), (8)


@adjoint_kernel
def _tsb_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        size, probability = h[b], h[B + b]
        learns = 1.0 if size != 0.0 else 0.0
        is_demand = 1.0 if x[b] > 0.0 else 0.0
        seen = 1.0 if x[b] == x[b] else 0.0
        alpha = is_demand * (theta[b] if size != 0.0 else 1.0)
        missed = x[b] - size if x[b] > 0.0 else 0.0
        d_size, d_probability = d_h_new[b], d_h_new[B + b]
        d_theta[b] += learns * missed * d_size  # (6)
        d_theta[B + b] += seen * (is_demand - probability) * d_probability  # (7), (8)
        d_x[b] = alpha * d_size
        d_h[b] = (1.0 - alpha) * d_size + probability * d_out[b]
        d_h[B + b] = (1.0 - seen * theta[B + b]) * d_probability + size * d_out[b]


@tangent_kernel
def _tsb_tangent(theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B):
    for d in range(D):
        d_alpha, d_beta = d_theta[2 * d], d_theta[2 * d + 1]
        sizes, probabilities = 2 * d * B, (2 * d + 1) * B
        for b in range(n_lanes):
            size, probability = h[b], h[B + b]
            value = error[b] + size * probability
            is_demand = seen[b] * (1.0 if value > 0.0 else 0.0)
            learns = is_demand * (1.0 if size != 0.0 else 0.0)
            gain = is_demand * (theta[b] if size != 0.0 else 1.0)
            d_size, d_probability = d_h[sizes + b], d_h[probabilities + b]
            d_out[d * B + b] = d_size * probability + size * d_probability  # (5)
            d_h[sizes + b] = (
                d_size + gain * (d_x[d * B + b] - d_size) + learns * d_alpha * (value - size)
            )  # (6)
            d_h[probabilities + b] = d_probability + seen[b] * (
                d_beta * (is_demand - probability) - theta[B + b] * d_probability
            )  # (7), (8)


_SIZES = Parameter("alpha", lower=0.0, upper=1.0)
_OCCURRENCE = Parameter("beta", lower=0.0, upper=1.0)

CROSTON = SmootherCell(
    name="croston",
    parameters=(_SIZES, _OCCURRENCE, Parameter("correction", lower=0.0, upper=1.0)),
    n_inputs=1,
    n_outputs=1,
    state_names=("size", "interval", "elapsed"),
    step=_croston_step,
    adjoint=_croston_adjoint,
    tangent=_croston_tangent,
)

TSB = SmootherCell(
    name="tsb",
    parameters=(_SIZES, _OCCURRENCE),
    n_inputs=1,
    n_outputs=1,
    state_names=("size", "probability"),
    step=_tsb_step,
    adjoint=_tsb_adjoint,
    tangent=_tsb_tangent,
)
