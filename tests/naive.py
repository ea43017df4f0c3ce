"""Slow, obvious loops that the library is held against, written from the textbook's equations.

Everything here also works on complex numbers and is analytic wherever its real counterpart has a
derivative: with a step of 1e-30 i in one argument the imaginary part of the result, divided by the
step, is the derivative to the last digit (the complex-step method). Comparisons look at the real
part only.

A cell is a function (theta (K,), x (T, p), h_init (S,)) -> states (T+1, S), outputs (T, m). Where
an x that a cell predicts is missing (NaN) the cell moves on as if its prediction had come true.
"""

import math
from functools import partial

import numpy as np


def _number_type(*arrays):
    return np.result_type(float, *arrays)


def ses(theta, x, h_init):
    (alpha,) = theta
    kind = _number_type(theta, x, h_init)
    states = np.zeros((len(x) + 1, 1), kind)
    predictions = np.zeros((len(x), 1), kind)
    states[0] = h_init
    for t in range(len(x)):
        level = states[t, 0]
        predictions[t, 0] = level
        value = level if math.isnan(x[t, 0].real) else x[t, 0]
        states[t + 1, 0] = alpha * value + (1 - alpha) * level
    return states, predictions


def holt(theta, x, h_init):
    alpha, beta, phi = theta
    kind = _number_type(theta, x, h_init)
    states = np.zeros((len(x) + 1, 2), kind)
    predictions = np.zeros((len(x), 1), kind)
    states[0] = h_init
    for t in range(len(x)):
        level, trend = states[t]
        predictions[t, 0] = level + phi * trend
        value = predictions[t, 0] if math.isnan(x[t, 0].real) else x[t, 0]
        new_level = alpha * value + (1 - alpha) * (level + phi * trend)
        new_trend = beta * (new_level - level) + (1 - beta) * phi * trend
        states[t + 1] = new_level, new_trend
    return states, predictions


def holt_winters_add(theta, x, h_init):
    """The seasons by the step that they were made at: no state is moved up."""
    alpha, beta, gamma, phi = theta
    levels, trends, seasons = [h_init[0]], [h_init[1]], list(h_init[2:])
    period, predictions = len(seasons), []
    for t in range(len(x)):
        level, trend, season = levels[t], trends[t], seasons[t]
        predictions.append(level + phi * trend + season)
        value = predictions[t] if math.isnan(x[t, 0].real) else x[t, 0]
        new_level = alpha * (value - season) + (1 - alpha) * (level + phi * trend)
        levels.append(new_level)
        trends.append(beta * (new_level - level) + (1 - beta) * phi * trend)
        seasons.append(gamma * (value - level - phi * trend) + (1 - gamma) * season)
    return _holt_winters_run(levels, trends, seasons, period, predictions)


def holt_winters_mul(theta, x, h_init):
    alpha, beta, gamma, phi = theta
    levels, trends, seasons = [h_init[0]], [h_init[1]], list(h_init[2:])
    period, predictions = len(seasons), []
    for t in range(len(x)):
        level, trend, season = levels[t], trends[t], seasons[t]
        predictions.append((level + phi * trend) * season)
        value = predictions[t] if math.isnan(x[t, 0].real) else x[t, 0]
        new_level = alpha * (value / season) + (1 - alpha) * (level + phi * trend)
        levels.append(new_level)
        trends.append(beta * (new_level - level) + (1 - beta) * phi * trend)
        seasons.append(gamma * (value / (level + phi * trend)) + (1 - gamma) * season)
    return _holt_winters_run(levels, trends, seasons, period, predictions)


def _holt_winters_run(levels, trends, seasons, period, predictions):
    """States with the season that comes next first, and the predictions as a column."""
    states = [[levels[t], trends[t], *seasons[t : t + period]] for t in range(len(predictions) + 1)]
    return np.array(states), np.array(predictions).reshape(-1, 1)


def _rectify(a):
    return np.array([number if number.real > 0 else 0 * number for number in a.ravel()]).reshape(
        a.shape
    )


ACTIVATIONS = {
    "identity": lambda a: a,
    "tanh": np.tanh,
    "logistic": lambda a: 1 / (1 + np.exp(-a)),
    "relu": _rectify,
}


def elman(activation, theta, x, h_init):
    n_inputs, n_hidden = x.shape[1], len(h_init)
    W_hx = theta[: n_hidden * n_inputs].reshape(n_hidden, n_inputs)
    W_hh = theta[n_hidden * n_inputs : -n_hidden].reshape(n_hidden, n_hidden)
    b_h = theta[-n_hidden:]
    states = np.zeros((len(x) + 1, n_hidden), _number_type(theta, x, h_init))
    states[0] = h_init
    for t in range(len(x)):
        states[t + 1] = ACTIVATIONS[activation](W_hx @ x[t] + W_hh @ states[t] + b_h)
    return states, np.zeros((len(x), 0))


# Name of a cell -> its loop.
NAIVE = {
    "ses": ses,
    "holt": holt,
    "holt_winters_add": holt_winters_add,
    "holt_winters_mul": holt_winters_mul,
    "elman_tanh": partial(elman, "tanh"),
    "elman_relu": partial(elman, "relu"),
    "elman_logistic": partial(elman, "logistic"),
    "elman_identity": partial(elman, "identity"),
}


def dense(activation, W_yh, b_y, h):
    """The output layer on the states (T, D) of one sequence: (T, m)."""
    return np.array([ACTIVATIONS[activation](W_yh @ state + b_y) for state in h])


def squared_error(residuals):
    return sum((r * r for r in _observed(residuals)), 0.0)


def absolute_error(residuals):
    return sum((r if r.real > 0 else -r for r in _observed(residuals)), 0.0)


def huber(delta, residuals):
    total = 0.0
    for r in _observed(residuals):
        magnitude = r if r.real > 0 else -r
        inside = magnitude.real <= delta
        total += r * r / 2 if inside else delta * (magnitude - delta / 2)
    return total


def _observed(residuals):
    return [r for r in np.ravel(residuals) if not math.isnan(r.real)]


def errors(name, theta, y, h_init):
    """One-step errors of a predicting cell on a series (T,)."""
    return y - NAIVE[name](theta, y[:, None], h_init)[1][:, 0]


def errors_and_effects(name, theta, y, n_state):
    """The errors from the zero state (T,), and what each unit state adds to them (T, S)."""
    from_zero = errors(name, theta, y, np.zeros(n_state))
    # The cell is linear: on a series of zeros only the unit state is left.
    effects = [errors(name, theta, 0.0 * y, unit) for unit in np.eye(n_state)]
    return from_zero, np.stack(effects, axis=1)


def profiled_sse(name, theta, y, n_state):
    """The least SSE over the initial state, and that state, by least squares."""
    from_zero, effects = errors_and_effects(name, theta, y, n_state)
    seen = ~np.isnan(from_zero)
    state = np.linalg.lstsq(effects[seen], -from_zero[seen])[0]
    return squared_error(errors(name, theta, y, state)), state


def generate(name, theta, h_init, innovations):
    """A predicting cell on the series (T, p) that it makes itself: x_t = o_t + innovation."""
    x = np.full_like(innovations, math.nan)
    for t in range(len(x)):
        # The prediction of x_t, from all before it.
        x[t] = NAIVE[name](theta, x[: t + 1], h_init)[1][t] + innovations[t]
    return x


def complex_step_gradient(function, point):
    """The gradient of a real function of an array of any shape, to rounding."""
    gradient = np.zeros(point.shape)
    for i in np.ndindex(point.shape):
        shifted = point.astype(complex)
        shifted[i] += 1e-30j
        gradient[i] = np.imag(function(shifted)) / 1e-30
    return gradient


def central_differences(function, point, step=1e-6):
    """The gradient of a function of an array by differences of its values on both sides."""
    gradient = np.zeros(point.shape)
    for i in np.ndindex(point.shape):
        above, below = point.copy(), point.copy()
        above[i] += step
        below[i] -= step
        gradient[i] = (function(above) - function(below)) / (2 * step)
    return gradient
