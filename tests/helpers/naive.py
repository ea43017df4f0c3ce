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


def _complex_pairs(alpha, x, h_init, period):
    """A complex number l + i c for each season, smoothed as the textbook has it.

    The new one is (a_0 + i a_1) (x_t + i e_t) + (1 - a_0 + i - i a_1) (l + i c), here in its real
    and its imaginary part, for the imaginary unit is taken by derivatives.
    """
    a_0, a_1 = alpha
    levels, potentials, predictions = list(h_init[:period]), list(h_init[period:]), []
    for t in range(len(x)):
        level, potential = levels[t], potentials[t]
        predictions.append(level)
        value = level if math.isnan(x[t, 0].real) else x[t, 0]
        error = value - level
        levels.append(a_0 * value + (1 - a_0) * level - a_1 * error - (1 - a_1) * potential)
        potentials.append(a_1 * value + (1 - a_1) * level + a_0 * error + (1 - a_0) * potential)
    ends = range(len(x) + 1)
    states = [[*levels[t : t + period], *potentials[t : t + period]] for t in ends]
    return np.array(states), np.array(predictions).reshape(-1, 1)


def complex_plain(theta, x, h_init):
    return _complex_pairs(theta, x, h_init, 1)


def complex_simple(theta, x, h_init):
    return _complex_pairs(theta, x, h_init, len(h_init) // 2)


def complex_partial(theta, x, h_init):
    a_0, a_1, b_0 = theta
    pair, seasons, predictions = [tuple(h_init[:2])], list(h_init[2:]), []
    period = len(seasons)
    for t in range(len(x)):
        (level, potential), season = pair[t], seasons[t]
        predictions.append(level + season)
        error = 0.0 if math.isnan(x[t, 0].real) else x[t, 0] - level - season
        pair.append(_next_pair(a_0, a_1, level, potential, error))
        seasons.append(season + b_0 * error)
    states = [[*pair[t], *seasons[t : t + period]] for t in range(len(x) + 1)]
    return np.array(states), np.array(predictions).reshape(-1, 1)


def complex_full(theta, x, h_init):
    a_0, a_1, b_0, b_1 = theta
    period = (len(h_init) - 2) // 2
    pair, predictions = [tuple(h_init[:2])], []
    seasonal = list(zip(h_init[2 : 2 + period], h_init[2 + period :], strict=True))
    for t in range(len(x)):
        (level, potential), (season, hidden) = pair[t], seasonal[t]
        predictions.append(level + season)
        error = 0.0 if math.isnan(x[t, 0].real) else x[t, 0] - level - season
        pair.append(_next_pair(a_0, a_1, level, potential, error))
        seasonal.append(_next_pair(b_0, b_1, season, hidden, error))
    states = []
    for t in range(len(x) + 1):
        seasons, hidden = zip(*seasonal[t : t + period], strict=True)
        states.append([*pair[t], *seasons, *hidden])
    return np.array(states), np.array(predictions).reshape(-1, 1)


def _next_pair(a_0, a_1, level, potential, error):
    return (
        level - (1 - a_1) * potential + (a_0 - a_1) * error,
        level + (1 - a_0) * potential + (a_0 + a_1) * error,
    )


def croston(theta, x, h_init):
    """Intervals are differences of the positions of demands, among values that are there."""
    alpha, beta, correction = theta
    size, interval, elapsed = h_init
    states, predictions = [h_init], []
    for t in range(len(x)):
        predictions.append((1 - correction * beta / 2) * size / interval)
        value = x[t, 0]
        if value.real > 0:
            is_first = size == 0
            size = value if is_first else alpha * value + (1 - alpha) * size
            interval = elapsed if is_first else beta * elapsed + (1 - beta) * interval
            elapsed = 1
        elif value.real <= 0:
            elapsed = elapsed + 1
        states.append([size, interval, elapsed])
    return np.array(states), np.array(predictions).reshape(-1, 1)


def tsb(theta, x, h_init):
    alpha, beta = theta
    size, probability = h_init
    states, predictions = [h_init], []
    for t in range(len(x)):
        predictions.append(size * probability)
        value = x[t, 0]
        if value.real > 0:
            size = value if size == 0 else alpha * value + (1 - alpha) * size
            probability = beta + (1 - beta) * probability
        elif value.real <= 0:
            probability = (1 - beta) * probability
        states.append([size, probability])
    return np.array(states), np.array(predictions).reshape(-1, 1)


def theta(parameters, x, h_init):
    """Simple smoothing of the series, and a line whose weight in the prediction is w."""
    alpha, w = parameters
    level, intercept, slope, decay = h_init
    states, predictions = [h_init], []
    for t in range(len(x)):
        predictions.append(level + w * _theta_line(alpha, intercept, slope, decay))
        value = predictions[t] if math.isnan(x[t, 0].real) else x[t, 0]
        level = alpha * value + (1 - alpha) * level
        decay = (1 - alpha) * decay
        states.append([level, intercept, slope, decay])
    return np.array(states), np.array(predictions).reshape(-1, 1)


def dynamic_theta(parameters, x, h_init):
    """The same, with the line through the values so far: the paper's equations as they stand."""
    alpha, w = parameters
    level, intercept, slope, mean, decay, count = h_init
    states, predictions = [h_init], []
    for t in range(len(x)):
        predictions.append(level + w * _theta_line(alpha, intercept, slope, decay))
        value = predictions[t] if math.isnan(x[t, 0].real) else x[t, 0]
        count = count + 1
        slope = ((count - 2) * slope + 6 * (value - mean) / count) / (count + 1)
        if count == 1:
            slope = 0 * slope
        mean = ((count - 1) * mean + value) / count
        intercept = mean - (count + 1) / 2 * slope
        level = alpha * value + (1 - alpha) * level
        decay = (1 - alpha) * decay
        states.append([level, intercept, slope, mean, decay, count])
    return np.array(states), np.array(predictions).reshape(-1, 1)


def _theta_line(alpha, intercept, slope, decay):
    return decay * intercept + (1 - decay * (1 - alpha)) / alpha * slope


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


# Name of a cell -> its loop.
NAIVE = {
    "ses": ses,
    "holt": holt,
    "holt_winters_add": holt_winters_add,
    "holt_winters_mul": holt_winters_mul,
    "complex": complex_plain,
    "complex_simple": complex_simple,
    "complex_partial": complex_partial,
    "complex_full": complex_full,
    "croston": croston,
    "tsb": tsb,
    "theta": theta,
    "dynamic_theta": dynamic_theta,
}


def elman_step(activation, weights, x, h, c):
    return ACTIVATIONS[activation](weights["W_hx"] @ x + weights["W_hh"] @ h + weights["b_h"]), c


def gru_step(weights, x, h, c):
    of_x = np.split(weights["W_hx"] @ x + weights["b_h"], 3)
    of_h = np.split(weights["W_hh"] @ h, 3)
    r, z = (ACTIVATIONS["logistic"](of_x[i] + of_h[i]) for i in (0, 1))
    n = np.tanh(of_x[2] + r * (of_h[2] + weights["b_hn"]))
    return (1 - z) * n + z * h, c


def lstm_step(weights, x, h, c):
    i, f, g, o = np.split(weights["W_hx"] @ x + weights["W_hh"] @ h + weights["b_h"], 4)
    i, f, o = (ACTIVATIONS["logistic"](gate) for gate in (i, f, o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


# Name of a network's cell -> one step (weights, x, h, c) -> (h, c).
NAIVE_STEPS = {
    "elman_tanh": partial(elman_step, "tanh"),
    "elman_relu": partial(elman_step, "relu"),
    "elman_logistic": partial(elman_step, "logistic"),
    "elman_identity": partial(elman_step, "identity"),
    "gru": gru_step,
    "lstm": lstm_step,
}


def layer(name, weights, x, h=0.0, bptt_steps=None):
    """States (T, D) of one layer on a sequence (T, p), from h_{-1} = h and c_{-1} = 0.

    At every `bptt_steps` steps before the end the state goes on as a number: the complex step,
    whose derivatives are in the imaginary part, sees nothing of what was before.
    """
    D = weights["W_hh"].shape[1]
    h, c, states = h + np.zeros(D), np.zeros(D), []
    for t, x_t in enumerate(x):
        if bptt_steps and t and (len(x) - t) % bptt_steps == 0:
            h, c = h.real, c.real
        h, c = NAIVE_STEPS[name](weights, x_t, h, c)
        states.append(h)
    return np.array(states)


def network(architecture, theta, x, return_sequences=False, bptt_steps=None):
    """Raw outputs of a whole network on one sequence (T, p), or (T,) tokens: (m,), or (T, m)."""
    weights = architecture.unpack(theta)
    linear = weights["W_yx"] @ x.ravel() if "W_yx" in weights else 0.0
    if architecture.n_tokens:
        x = weights["E"][x]
    for directions in architecture.layers:
        parts = []
        for shape in directions:
            own = {
                weight.name: weights[weight.name + shape.suffix]
                for weight in architecture.layer_parameters(shape)
            }
            read = x[::-1] if shape.is_reversed else x
            states = layer(architecture.cell, own, read, own.get("h_init", 0.0), bptt_steps)
            parts.append(states[::-1] if shape.is_reversed else states)
        x = np.concatenate(parts, axis=1)
    D = architecture.hidden_sizes[-1]
    if return_sequences:
        return x @ weights["W_yh"].T + weights["b_y"]
    # The reverse half has read the sequence once it is at the first step.
    last = np.concatenate([x[-1, :D], x[0, D:]])
    return weights["W_yh"] @ last + weights["b_y"] + linear


def dense_network(architecture, theta, x):
    """Raw outputs (m,) of a dense network on one window (T, p)."""
    weights, x = architecture.unpack(theta), x.ravel()
    h = x
    for suffix in architecture.suffixes:
        a = weights[f"W_hx{suffix}"] @ h + weights[f"b_h{suffix}"]
        h = ACTIVATIONS[architecture.activation](a)
    linear = weights["W_yx"] @ x if architecture.linear_path else 0.0
    return weights["W_yh"] @ h + weights["b_y"] + linear


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


def complex_step_slope(function, point, direction):
    """The slope of a real function of an array along a direction, to rounding."""
    return np.imag(function(point + 1e-30j * direction)) / 1e-30


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
