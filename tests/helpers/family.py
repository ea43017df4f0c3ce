"""The exponential smoothing models by the names of the literature, and their exact moments.

A name has the error, the trend and the season: "MAdM" has multiplicative errors, a damped additive
trend and a multiplicative season; A is additive, N is none.
"""

from itertools import product

import naive
import numpy as np

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN, TripleExpSmoothingRNN

NAMES = ["".join(parts) for parts in product("AM", ("N", "A", "Ad"), "NAM")]
# With them normal innovations make normal series: intervals have a closed form.
LINEAR = ["ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA"]

WORDS = {"N": None, "A": "add", "M": "mul"}


def error_of(name):
    return WORDS[name[0]]


def trend_of(name):
    return WORDS[name[1]]


def season_of(name):
    return WORDS[name[-1]]


def is_damped(name):
    return "d" in name


def is_positive(name):
    """Whether the model is one of positive series."""
    return "M" in name


def make_model(name, period=12, **options):
    """The estimator of a model."""
    options = {"error": error_of(name), **options}
    if season_of(name):
        return TripleExpSmoothingRNN(
            period=period,
            trend=trend_of(name),
            damped=is_damped(name),
            seasonal=season_of(name),
            **options,
        )
    if trend_of(name):
        return DoubleExpSmoothingRNN(damped=is_damped(name), **options)
    return SimpleExpSmoothingRNN(**options)


# What models are given where nothing is learned.
PERIOD, HORIZON = 4, 11
SEASONS = {"add": (-6.0, 1.0, 9.5, -4.5), "mul": (0.8, 1.05, 1.3, 0.85), None: ()}


def make_series(n=60, period=PERIOD, seed=0):
    """Positive, with a trend and a season that grows with the level."""
    rng = np.random.default_rng(seed)
    steps = np.arange(n)
    season = 1.0 + 0.25 * np.cos(2.0 * np.pi * steps / period)
    return (60.0 + 0.8 * steps + np.cumsum(rng.normal(size=n))) * season + rng.normal(size=n)


def smoothing_parameters(name, alpha, beta, gamma, phi):
    """Those of them that a model has, as arguments of its estimator."""
    parameters = {"alpha": alpha}
    if trend_of(name):
        parameters["beta"] = beta
    if season_of(name):
        parameters["gamma"] = gamma
    if is_damped(name):
        parameters["phi"] = phi
    return parameters


def initial_state(name, level, trend, seasons):
    """Those of the initial states that a model has, seasons oldest first."""
    state = [level]
    if trend_of(name):
        state.append(trend)
    if season_of(name):
        state.extend(seasons)
    return tuple(state)


def start_of(name):
    return initial_state(name, 55.0, 0.5, SEASONS[season_of(name)])


def at_values(name, point, y):
    return make_model(
        name,
        PERIOD,
        initial_state=start_of(name),
        **smoothing_parameters(name, *point),
    ).fit(y)


def n_parameters(name, period):
    """k: smoothing parameters and free initial states; seasons have a fixed sum or mean."""
    n_smoothing = 1 + bool(trend_of(name)) + bool(season_of(name)) + is_damped(name)
    return n_smoothing + 1 + bool(trend_of(name)) + (period - 1 if season_of(name) else 0)


def naive_cell(name):
    """The loop in naive.py that runs every model with the season of this one."""
    return "holt_winters_mul" if season_of(name) == "mul" else "holt_winters_add"


def naive_theta(name, alpha, beta, gamma, phi):
    """(alpha, beta, gamma, phi) of that loop, at which it has no part that the model lacks."""
    return np.array(
        [
            alpha,
            beta if trend_of(name) else 0.0,
            gamma if season_of(name) else 0.0,
            phi if is_damped(name) else 1.0,
        ]
    )


def naive_state(name, state, period):
    """A model's state as (level, trend, seasons) of that loop."""
    state = list(state)
    level = state.pop(0)
    trend = state.pop(0) if trend_of(name) else 0.0
    nothing = 1.0 if season_of(name) == "mul" else 0.0
    return np.array([level, trend, *(state or [nothing] * period)])


def theta_of(model):
    """The parameters of a fitted model for the loop in naive.py."""
    return np.array(
        [
            model.alpha_,
            getattr(model, "beta_", 0.0),
            getattr(model, "gamma_", 0.0),
            getattr(model, "phi_", 1.0),
        ]
    )


def exact_moments(name, theta, state, sigma2, horizon, *, first_damping=None, early=0):
    """Mean and variance of each of the next values of a model, by recursions of moments.

    For all models but those of additive errors and a multiplicative season, which have none in
    closed form beyond one period: for them the horizon must be a period at most.

    Parameters
    ----------
    theta : (4,) array
        alpha, beta, gamma, phi.
    state : (2 + m,) array
        Level, trend and seasons, the oldest first.
    first_damping : float or None
        What the trend is multiplied by in a prediction, in place of phi.
    early : int
        How many steps before its own a season has learned from an error. Together with
        `first_damping` this makes the moments those of other software.
    """
    alpha, beta, gamma, phi = theta
    damping = phi if first_damping is None else first_damping
    period = len(state) - 2
    observe = np.array([1.0, damping])
    move = np.array([[1.0, damping], [0.0, phi]])
    gain = np.array([alpha, alpha * beta])
    pick = np.eye(period)[0]
    turn = np.roll(np.eye(period), 1, axis=1)
    learn = gamma * np.eye(period)[-1 - early]
    if season_of(name) == "mul":
        if error_of(name) == "mul":
            return _bilinear_moments(state, sigma2, horizon, observe, move, gain, pick, turn, learn)
        assert horizon <= period
        return _within_a_period(state, sigma2, horizon, observe, move, gain)
    transition = np.block([[move, np.zeros((2, period))], [np.zeros((period, 2)), turn]])
    row, column = np.r_[observe, pick], np.r_[gain, learn]
    return _linear_moments(name, state, sigma2, horizon, row, transition, column)


def _linear_moments(name, state, sigma2, horizon, row, transition, column):
    """y = (w'h)(1 + e) or w'h + e, and h' = F h + g (y - w'h): E h and E hh'."""
    mean, second = state, np.outer(state, state)
    means, variances = [], []
    for _ in range(horizon):
        square = row @ second @ row
        noise = sigma2 * (square if error_of(name) == "mul" else 1.0)
        means.append(row @ mean)
        variances.append(square - means[-1] ** 2 + noise)
        mean = transition @ mean
        second = transition @ second @ transition.T + noise * np.outer(column, column)
    return np.array(means), np.array(variances)


def _bilinear_moments(state, sigma2, horizon, observe, move, gain, pick, turn, learn):
    """y = (w'h)(v'c)(1 + e), h' = (F + g w' e) h, c' = (R + d v' e) c: moments of z = h x c.

    z' = (A + B e + C e^2) z, with E e^2 = sigma2 and, for normal e, E e^4 = 3 sigma2^2.
    """
    shock, season_shock = np.outer(gain, observe), np.outer(learn, pick)
    constant = np.kron(move, turn)
    linear = np.kron(shock, turn) + np.kron(move, season_shock)
    square = np.kron(shock, season_shock)
    row = np.kron(observe, pick)
    mean = np.kron(state[:2], state[2:])
    second = np.outer(mean, mean)
    means, variances = [], []
    for _ in range(horizon):
        means.append(row @ mean)
        variances.append((1.0 + sigma2) * (row @ second @ row) - means[-1] ** 2)
        mean = constant @ mean + sigma2 * square @ mean
        cross = constant @ second @ square.T
        second = (
            constant @ second @ constant.T
            + sigma2 * (linear @ second @ linear.T + cross + cross.T)
            + 3.0 * sigma2**2 * square @ second @ square.T
        )
    return np.array(means), np.array(variances)


def _within_a_period(state, sigma2, horizon, observe, move, gain):
    """y = (w'h) c + e and h' = F h + g e / c, with seasons c that are known for one period."""
    mean, covariance = state[:2], np.zeros((2, 2))
    means, variances = [], []
    for season in state[2 : 2 + horizon]:
        means.append(season * (observe @ mean))
        variances.append(season**2 * (observe @ covariance @ observe) + sigma2)
        mean = move @ mean
        covariance = move @ covariance @ move.T + sigma2 * np.outer(gain, gain) / season**2
    return np.array(means), np.array(variances)


def simulate(name, theta, state, sigma, horizon, n_paths, seed):
    """Paths of a model, step by step as the literature writes it, (horizon, n_paths)."""
    alpha, beta, gamma, phi = theta
    rng = np.random.default_rng(seed)
    level, trend, *seasons = np.repeat(np.asarray(state)[:, None], n_paths, axis=1)
    values = np.empty((horizon, n_paths))
    for t in range(horizon):
        season = seasons.pop(0)
        mean = level + phi * trend
        prediction = mean * season if season_of(name) == "mul" else mean + season
        error = sigma * rng.normal(size=n_paths)
        if error_of(name) == "mul":
            error *= prediction
        values[t] = prediction + error
        per_season, per_mean = (season, mean) if season_of(name) == "mul" else (1.0, 1.0)
        level = mean + alpha * error / per_season
        trend = phi * trend + alpha * beta * error / per_season
        seasons.append(season + gamma * error / per_mean)
    return values


def log_likelihood(name, theta, state, y):
    """By the naive loop, at its best variance, of what is seen."""
    cell = naive.NAIVE[naive_cell(name)]
    predictions = cell(theta, y[:, None], state)[1][:, 0]
    seen = ~np.isnan(y)
    errors, means = (y - predictions)[seen], predictions[seen]
    is_relative = error_of(name) == "mul"
    relative = errors / means if is_relative else errors
    correction = np.sum(np.log(np.abs(means))) if is_relative else 0.0
    variance = np.mean(relative**2)
    return -0.5 * errors.size * (np.log(2.0 * np.pi * variance) + 1.0) - correction
