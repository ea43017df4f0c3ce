"""Complex exponential smoothing as recurrent cells: a level and its information potential.

The prediction and what it leaves unsaid make one complex number, smoothed by a complex parameter.
With level l, potential c, parameters a_0 + i a_1 and b_0 + i b_1, period m and the innovation
e_t = x_t - o_t (0 where x_t is missing):

without a season, state (l, c)

    o_t = l_{t-1}                                                                       (1)
    l_t = l_{t-1} - (1 - a_1) c_{t-1} + (a_0 - a_1) e_t                                 (2)
    c_t = l_{t-1} + (1 - a_0) c_{t-1} + (a_0 + a_1) e_t                                 (3)

simple season: the same, each season with a pair of its own, t - m in place of t - 1    (4)

partial season: (2) and (3), and beside them an additive season s

    o_t = l_{t-1} + s_{t-m}                                                             (5)
    s_t = s_{t-m} + b_0 e_t                                                             (6)

full season: (2) and (3), and beside them a pair (s, d) for each season

    o_t = l_{t-1} + s_{t-m}                                                             (7)
    s_t = s_{t-m} - (1 - b_1) d_{t-m} + (b_0 - b_1) e_t                                 (8)
    d_t = s_{t-m} + (1 - b_0) d_{t-m} + (b_0 + b_1) e_t                                 (9)

What belongs to seasons lies in rows of m, the oldest first: that one is the next step's, which
moves every other one up and puts its own at the end. All are in the units of x, parameters have
none.

What takes (l, c) on by (2) and (3), x_t given, has the eigenvalues of the matrix of these with
e_t = -l_{t-1}. They are within the unit circle, so that the smoother forgets where it began, where

    (a_0 - 1/2)^2 + (a_1 - 1)^2 >= 1/4,    (a_0 - 3/2)^2 + (a_1 - 1/2)^2 <= 3/2,
    (a_0 - 5/2)^2 + a_1^2 >= 5/4                                                       (10)

Elsewhere are minima of the squared error at which a run that explodes is held in check by the last
digits of a_0 and a_1. Source: Svetunkov, Kourentzes and Ord, Complex exponential smoothing, Naval
Research Logistics 69 (2022).
"""

from __future__ import annotations

import math

from tsrnn._compute.compile import Step, kernel
from tsrnn._compute.declare import Vector, inlined
from tsrnn.cells.smoother_cell import (
    SmootherCell,
    SmoothingParameter,
    adjoint_kernel,
    move_back,
    move_up,
    step_kernel,
    tangent_kernel,
)

# (8) and (9) move a pair as (2) and (3) do. Of any pair (r, i): where it moves, the adjoint of
# that, and its tangent.


@inlined
def _moved(a_0, a_1, r, i, error):
    """Return the pair after an innovation."""
    return (
        r - (1.0 - a_1) * i + (a_0 - a_1) * error,
        r + (1.0 - a_0) * i + (a_0 + a_1) * error,
    )


@inlined
def _moved_back(a_0, a_1, i, error, d_r, d_i):
    """Return the gradients of a_0, a_1, r, i and the innovation."""
    return (
        error * (d_r + d_i) - i * d_i,
        error * (d_i - d_r) + i * d_r,
        d_r + d_i,
        (1.0 - a_0) * d_i - (1.0 - a_1) * d_r,
        (a_0 - a_1) * d_r + (a_0 + a_1) * d_i,
    )


@inlined
def _changed(a_0, a_1, i, error, d_a_0, d_a_1, d_r, d_i, d_error):
    """Return how the pair changes after an innovation."""
    return (
        d_r - (1.0 - a_1) * d_i + d_a_1 * i + (d_a_0 - d_a_1) * error + (a_0 - a_1) * d_error,
        d_r + (1.0 - a_0) * d_i - d_a_0 * i + (d_a_0 + d_a_1) * error + (a_0 + a_1) * d_error,
    )


@step_kernel
def _plain_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        level = h[b]
        error = x[b] - level  # (1)
        error = error if error == error else 0.0
        out[b] = level
        h_new[b], h_new[B + b] = _moved(theta[b], theta[B + b], level, h[B + b], error)


@adjoint_kernel
def _plain_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_a_0, d_a_1, d_level, d_potential, d_error = _moved_back(
            theta[b], theta[B + b], h[B + b], error, d_h_new[b], d_h_new[B + b]
        )
        d_error *= seen
        d_theta[b] += d_a_0
        d_theta[B + b] += d_a_1
        d_x[b] = d_error
        d_h[b] = d_level + d_out[b] - d_error  # (1)
        d_h[B + b] = d_potential


@step_kernel
def _simple_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    m = S // 2
    for b in range(n_lanes):
        level = h[b]
        error = x[b] - level  # (4)
        error = error if error == error else 0.0
        out[b] = level
        h_new[(m - 1) * B + b], h_new[(S - 1) * B + b] = _moved(
            theta[b], theta[B + b], level, h[m * B + b], error
        )
    move_up(h, h_new, 0, m, n_lanes, B)
    move_up(h, h_new, m, m, n_lanes, B)


@adjoint_kernel
def _simple_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    m = S // 2
    for b in range(n_lanes):
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_level, d_potential = d_h_new[(m - 1) * B + b], d_h_new[(S - 1) * B + b]
        d_a_0, d_a_1, d_level, d_potential, d_error = _moved_back(
            theta[b], theta[B + b], h[m * B + b], error, d_level, d_potential
        )
        d_error *= seen
        d_theta[b] += d_a_0
        d_theta[B + b] += d_a_1
        d_x[b] = d_error
        d_h[b] = d_level + d_out[b] - d_error  # (4)
        d_h[m * B + b] = d_potential
    move_back(d_h_new, d_h, 0, m, n_lanes, B)
    move_back(d_h_new, d_h, m, m, n_lanes, B)


@tangent_kernel
def _simple_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    m = S // 2  # 1 without a season, for which this serves as well
    for d in range(D):
        d_a_0, d_a_1 = d_theta[2 * d], d_theta[2 * d + 1]
        level = (d * S + shift % m) * B
        potential = level + m * B
        for b in range(n_lanes):
            d_level, d_potential = d_h[level + b], d_h[potential + b]
            d_error = seen[b] * (d_x[d * B + b] - d_level)
            d_out[d * B + b] = d_level  # (1), (4)
            a_0, a_1 = theta[b], theta[B + b]
            d_h[level + b], d_h[potential + b] = _changed(
                a_0, a_1, h[m * B + b], error[b], d_a_0, d_a_1, d_level, d_potential, d_error
            )


@step_kernel
def _partial_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    for b in range(n_lanes):
        level, season = h[b], h[2 * B + b]
        prediction = level + season  # (5)
        error = x[b] - prediction
        error = error if error == error else 0.0
        out[b] = prediction
        h_new[b], h_new[B + b] = _moved(theta[b], theta[B + b], level, h[B + b], error)
        h_new[(S - 1) * B + b] = season + theta[2 * B + b] * error  # (6)
    move_up(h, h_new, 2, S - 2, n_lanes, B)


@adjoint_kernel
def _partial_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    for b in range(n_lanes):
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_season = d_h_new[(S - 1) * B + b]
        d_a_0, d_a_1, d_level, d_potential, d_error = _moved_back(
            theta[b], theta[B + b], h[B + b], error, d_h_new[b], d_h_new[B + b]
        )
        d_error = seen * (d_error + theta[2 * B + b] * d_season)  # (6)
        d_prediction = d_out[b] - d_error  # (5)
        d_theta[b] += d_a_0
        d_theta[B + b] += d_a_1
        d_theta[2 * B + b] += error * d_season
        d_x[b] = d_error
        d_h[b] = d_level + d_prediction
        d_h[B + b] = d_potential
        d_h[2 * B + b] = d_season + d_prediction
    move_back(d_h_new, d_h, 2, S - 2, n_lanes, B)


@tangent_kernel
def _partial_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    for d in range(D):
        d_a_0, d_a_1, d_b_0 = d_theta[3 * d], d_theta[3 * d + 1], d_theta[3 * d + 2]
        level = d * S * B
        potential, season = level + B, level + (2 + shift % (S - 2)) * B
        for b in range(n_lanes):
            d_level, d_potential, d_season = d_h[level + b], d_h[potential + b], d_h[season + b]
            d_prediction = d_level + d_season  # (5)
            d_error = seen[b] * (d_x[d * B + b] - d_prediction)
            d_out[d * B + b] = d_prediction
            a_0, a_1 = theta[b], theta[B + b]
            d_h[level + b], d_h[potential + b] = _changed(
                a_0, a_1, h[B + b], error[b], d_a_0, d_a_1, d_level, d_potential, d_error
            )
            d_h[season + b] = d_season + d_b_0 * error[b] + theta[2 * B + b] * d_error  # (6)


@step_kernel
def _full_step(theta, x, h, h_new, out, p, S, n_lanes, B):
    m = (S - 2) // 2
    for b in range(n_lanes):
        level, season = h[b], h[2 * B + b]
        prediction = level + season  # (7)
        error = x[b] - prediction
        error = error if error == error else 0.0
        out[b] = prediction
        h_new[b], h_new[B + b] = _moved(theta[b], theta[B + b], level, h[B + b], error)
        h_new[(1 + m) * B + b], h_new[(S - 1) * B + b] = _moved(
            theta[2 * B + b], theta[3 * B + b], season, h[(2 + m) * B + b], error
        )
    move_up(h, h_new, 2, m, n_lanes, B)
    move_up(h, h_new, 2 + m, m, n_lanes, B)


@adjoint_kernel
def _full_adjoint(theta, x, h, h_new, out, d_h_new, d_out, d_h, d_x, d_theta, p, S, n_lanes, B):
    m = (S - 2) // 2
    for b in range(n_lanes):
        error = x[b] - out[b]
        seen = 1.0 if error == error else 0.0
        error = error if error == error else 0.0
        d_a_0, d_a_1, d_level, d_potential, d_error = _moved_back(
            theta[b], theta[B + b], h[B + b], error, d_h_new[b], d_h_new[B + b]
        )
        b_0, b_1 = theta[2 * B + b], theta[3 * B + b]
        d_season, d_hidden = d_h_new[(1 + m) * B + b], d_h_new[(S - 1) * B + b]
        d_b_0, d_b_1, d_season, d_hidden, d_other_error = _moved_back(
            b_0, b_1, h[(2 + m) * B + b], error, d_season, d_hidden
        )
        d_error = seen * (d_error + d_other_error)
        d_prediction = d_out[b] - d_error  # (7)
        d_theta[b] += d_a_0
        d_theta[B + b] += d_a_1
        d_theta[2 * B + b] += d_b_0
        d_theta[3 * B + b] += d_b_1
        d_x[b] = d_error
        d_h[b] = d_level + d_prediction
        d_h[B + b] = d_potential
        d_h[2 * B + b] = d_season + d_prediction
        d_h[(2 + m) * B + b] = d_hidden
    move_back(d_h_new, d_h, 2, m, n_lanes, B)
    move_back(d_h_new, d_h, 2 + m, m, n_lanes, B)


@tangent_kernel
def _full_tangent(
    theta, h, error, seen, d_theta, d_x, d_h, d_out, scratch, shift, D, S, n_lanes, B
):
    m = (S - 2) // 2
    for d in range(D):
        d_a_0, d_a_1 = d_theta[4 * d], d_theta[4 * d + 1]
        d_b_0, d_b_1 = d_theta[4 * d + 2], d_theta[4 * d + 3]
        level = d * S * B
        potential, season = level + B, level + (2 + shift % m) * B
        hidden = season + m * B
        for b in range(n_lanes):
            d_level, d_potential = d_h[level + b], d_h[potential + b]
            d_season, d_hidden = d_h[season + b], d_h[hidden + b]
            d_prediction = d_level + d_season  # (7)
            d_error = seen[b] * (d_x[d * B + b] - d_prediction)
            d_out[d * B + b] = d_prediction
            a_0, a_1 = theta[b], theta[B + b]
            d_h[level + b], d_h[potential + b] = _changed(
                a_0, a_1, h[B + b], error[b], d_a_0, d_a_1, d_level, d_potential, d_error
            )
            b_0, b_1 = theta[2 * B + b], theta[3 * B + b]
            d_h[season + b], d_h[hidden + b] = _changed(
                b_0, b_1, h[(2 + m) * B + b], error[b], d_b_0, d_b_1, d_season, d_hidden, d_error
            )


@inlined
def stable_interval(imaginary, most):
    """Return between which real parts a pair is stable by (10), and how both ends change.

    For an imaginary part in [0.5, 1.7], and real parts of 0.5 at least and `most` at most.
    """
    x = imaginary - 1.0
    root = math.sqrt(max(0.25 - x * x, 0.0))
    low, d_low = 0.5 + root, -x / max(root, _LEAST_ROOT)
    x = imaginary - 0.5
    root = math.sqrt(max(1.5 - x * x, 0.0))
    if 1.5 - root > low:
        low, d_low = 1.5 - root, x / root
    high, d_high = most, 0.0
    if 1.5 + root < high:
        high, d_high = 1.5 + root, -x / root
    root = math.sqrt(max(1.25 - imaginary * imaginary, 0.0))
    if 2.5 - root < high:
        high, d_high = 2.5 - root, imaginary / root
    return low, high, d_low, d_high


@kernel
def stable_real_parts(imaginary: Vector, most: float, shares: Vector):
    """Replace shares of what keeps pairs stable by the real parts, (N,)."""
    for i in range(shares.shape[0]):
        low, high, _, _ = stable_interval(imaginary[i], most)
        shares[i] = low + (high - low) * shares[i]


# Where a circle of (10) rises, its slope has no bounds.
_LEAST_ROOT = 0.05


def _parameter(
    name: str, part: str, upper: float, start: float, *, lower: float = 0.5, share: float = 0.0
) -> SmoothingParameter:
    """Describe a parameter: the box, and where its search starts, of real parts as a share too."""
    return SmoothingParameter(
        name,
        lower=lower,
        upper=upper,
        part=part,
        fallback=start,
        absent=None,
        spread=(share or start,),
        flat=start,
        beside_next=share > 0.0,
    )


# The box, with what is stable in it, and the start are those of Svetunkov's implementation. Minima
# far from that start forecast worse.
_ALPHA = (
    _parameter("alpha_0", "level", 1.8, 1.3, share=0.375),
    _parameter("alpha_1", "level", 1.7, 1.0),
)
_BETA = _parameter("beta_0", "season", 1.5, 0.1, lower=0.01)
_BETA_PAIR = (
    _parameter("beta_0", "season", 1.5, 1.3, share=0.6),
    _parameter("beta_1", "season", 1.5, 1.0),
)


def _numbered(name: str, period: int) -> tuple[str, ...]:
    return tuple(f"{name}_{i}" for i in range(1, period + 1))


def _cell(
    name: str,
    parameters: tuple[SmoothingParameter, ...],
    state_names: tuple[str, ...],
    kernels: tuple[Step, Step, Step],
) -> SmootherCell:
    step, adjoint, tangent = kernels
    return SmootherCell(name, parameters, 1, 1, state_names, step, adjoint, tangent)


COMPLEX = _cell(
    "complex", _ALPHA, ("level", "potential"), (_plain_step, _plain_adjoint, _simple_tangent)
)


def complex_simple(period: int) -> SmootherCell:
    """Return the cell with a pair for each of so many seasons."""
    names = _numbered("level", period) + _numbered("potential", period)
    kernels = _simple_step, _simple_adjoint, _simple_tangent
    return _cell("complex_simple", _ALPHA, names, kernels)


def complex_partial(period: int) -> SmootherCell:
    """Return the cell with an additive season of so many steps."""
    names = ("level", "potential", *_numbered("season", period))
    kernels = _partial_step, _partial_adjoint, _partial_tangent
    return _cell("complex_partial", (*_ALPHA, _BETA), names, kernels)


def complex_full(period: int) -> SmootherCell:
    """Return the cell with a second pair for each of so many seasons."""
    names = ("level", "potential", *_numbered("season", period))
    names += _numbered("season_potential", period)
    kernels = _full_step, _full_adjoint, _full_tangent
    return _cell("complex_full", (*_ALPHA, *_BETA_PAIR), names, kernels)
