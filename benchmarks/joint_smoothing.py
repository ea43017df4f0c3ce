"""Smoothing parameters of each series learned together with the network that reads all of them.

Run as `python benchmarks/joint_smoothing.py --data-home FOLDER [--data m3-monthly] [--hold 2]
[--ways adjusted joint] [--period 168]`, or with `--check` alone. The idea is that of M4's winner
[1]_. A multiplicative Holt-Winters cell without a trend runs along each series y, with alpha,
gamma, first level and first seasons c of its own; with its level s_T after an origin, and the
season c_t that it held before each value, one network for all series reads and says

    x_t = 2 log(y_t / (s_T c_t)),    f_{T+k} = s_T c_{T+k} (1 + o_k)                        (1)

where seasons ahead are the last that are known at the origin. The loss is the forecaster's OWA. Its
gradient passes through (1) and, by the cell's adjoint, back along each series. Ways to have what
belongs to a series are

- adjusted: seasons by decomposition, if the competitions' test finds one, and the last value as the
  level: alpha = 1 and gamma = 0, nothing learned. So the forecaster's adjusted members read.
- smoothed: alpha and gamma are given (`--alpha`, `--gamma`), from the same seasons on; nothing
  learned.
- fitted: each series has been fitted by itself (`TripleExpSmoothingRNN`, no trend).
- joint: begins as smoothed, and all of a series is learned with the network, by Adam's steps at a
  rate of its own (`--rate`), one an epoch.
- rates: as joint, but for the first level and seasons, which stay.
- shared: as rates, with one alpha and one gamma for all series.

All are trained on the same samples by the same code, and forecast the horizon held back from the
TRAINING parts, the last or the one before it. Printed are sMAPE, MASE and OWA against Naive2 of the
median of a few networks, the mean OWA of one with the standard deviation of that mean, and seconds
of a processor; with `--rule` also the rule's own members (`RNNForecaster`), and equal shares of
these and each way. What is learned of series takes more time for the same samples.

`--check` holds the gradient of every parameter against central differences.

References
----------
.. [1] Smyl, S., A hybrid method of exponential smoothing and recurrent neural networks for time
   series forecasting, International Journal of Forecasting 36 (2020).
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import time
import warnings
from dataclasses import dataclass

import numpy as np
from global_forecasts import held_back
from m_competitions import Part, Result, load, score
from scipy.special import expit, logit

from tsrnn import (
    DeseasonalizedForecaster,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    TripleExpSmoothingRNN,
)
from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._input.ragged import offsets_of
from tsrnn._optim.minibatch import Adam, Schedule, clip_by_norm
from tsrnn._scan.unroll import backpropagate, unroll
from tsrnn.cells.holt_winters import holt_winters_mul
from tsrnn.forecasting.season import find_seasons
from tsrnn.windows.level_losses import LevelLoss

PARTS = ("m3-quarterly", "m3-monthly", "m4-quarterly-part", "m4-hourly")
WAYS = ("adjusted", "smoothed", "fitted", "joint", "rates", "shared")
LEARNED = ("joint", "rates", "shared")
HIDDEN = (128, 128)
RATE, WARM_UP, CLIP = 0.001, 100, 1.0
LARGEST_LOG = 4.0

# Series of a batch, and origins of each.
N_SERIES, N_ORIGINS = 32, 16

# Columns of a series' parameters: logit of alpha, logit of gamma's share of 1 - alpha, logarithms
# of the first level and of the first seasons.
ALPHAS, SHARES, LEVELS, SEASONS = 0, 1, 2, slice(3, None)


@dataclass(frozen=True)
class Series:
    """Series that end together, in units of their means, with NaN before they begin.

    Attributes
    ----------
    y : (T, N) array
    first : (N,) int array
        Rows of their first values.
    scale : (N,) array
        Of the MASE.
    mean : (N,) array
    period, horizon, window : int
    """

    y: np.ndarray
    first: np.ndarray
    scale: np.ndarray
    mean: np.ndarray
    period: int
    horizon: int
    window: int

    @classmethod
    def of(cls, part: Part, period: int, window: int) -> "Series":
        """Lay the series of a part side by side."""
        series = [rows.to_numpy() for _, rows in part.frame.groupby("unique_id", sort=False)["y"]]
        longest, mean = max(map(len, series)), np.array([y.mean() for y in series])
        y = np.full((longest, len(series)), np.nan)
        for i, values in enumerate(series):
            y[longest - len(values) :, i] = values / mean[i]
        first = longest - np.array([len(values) for values in series])
        return cls(y, first, part.scale / mean, mean, period, part.horizon, window)

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return self.y.shape[1]

    def n_origins(self) -> np.ndarray:
        """Return how many origins to train on each has: a season before them, a horizon after."""
        return np.maximum(len(self.y) - self.first - self.period - self.horizon + 1, 0)

    def decomposed(self) -> np.ndarray:
        """Return parameters (N, 3 + m) that adjust by decomposition: the level is the last value.

        The cell's first season belongs to the first row of all, before most series begin.
        """
        m = self.period
        values = np.concatenate([self.y[k:, i] for i, k in enumerate(self.first)])
        seasons, _, _ = find_seasons(values, offsets_of(len(self.y) - self.first), m)
        factor = seasons.after(-self.first).factor
        begun = np.array([self.y[k : k + m, i].mean() for i, k in enumerate(self.first)])
        return np.column_stack(
            [
                np.full(self.n_series, np.inf),
                np.full(self.n_series, -np.inf),
                np.log(begun),
                np.log(factor),
            ]
        )

    def smoothed(self, alpha: float, gamma: float) -> np.ndarray:
        """Return parameters (N, 3 + m) with these in the place of those that adjust."""
        parameters = self.decomposed()
        parameters[:, ALPHAS], parameters[:, SHARES] = logit(alpha), logit(gamma / (1.0 - alpha))
        return parameters

    def fitted(self, alpha: float, gamma: float) -> np.ndarray:
        """Return parameters (N, 3 + m) of smoothers that are fitted to each series by itself.

        Those of series that are too short are given.
        """
        found, m = self.smoothed(alpha, gamma), self.period
        for i, first in enumerate(self.first):
            y = self.y[first:, i]
            if len(y) < 2 * m + 3:
                continue
            model = TripleExpSmoothingRNN(
                trend=None, seasonal="mul", period=m, prior="cautious"
            ).fit(y)
            level, *seasons = model.initial_state_
            alpha = np.clip(model.alpha_, 1e-6, 1.0 - 1e-6)
            share = np.clip(model.gamma_ / (1.0 - alpha), 1e-6, 1.0 - 1e-6)
            found[i, [ALPHAS, SHARES, LEVELS]] = logit(alpha), logit(share), np.log(level)
            found[i, SEASONS] = np.log(np.roll(np.maximum(seasons, 1e-3), first % m))
        return found


class Smoothing:
    """Smoothers on their way along some series.

    Parameters
    ----------
    parameters : (B, 3 + m) array
    y : (T, B) array
    """

    def __init__(self, parameters: np.ndarray, y: np.ndarray) -> None:
        self._cell = holt_winters_mul(parameters.shape[1] - 3)
        self._alpha, self._share = expit(parameters[:, ALPHAS]), expit(parameters[:, SHARES])
        nothing, one = np.zeros(len(parameters)), np.ones(len(parameters))
        gamma = (1.0 - self._alpha) * self._share
        self._theta = np.stack([self._alpha, nothing, gamma, one])
        level, seasons = np.exp(parameters[:, LEVELS]), np.exp(parameters[:, SEASONS])
        self._start = np.vstack([level, nothing, seasons.T])
        self._x = np.ascontiguousarray(y[:, None])
        self.states, self._outputs = unroll(self._cell, self._theta, self._x, self._start)

    def pull_back(self, d_states: np.ndarray) -> np.ndarray:
        """Return the gradient by parameters (B, 3 + m), given that by states (T + 1, 2 + m, B)."""
        d_theta, d_start, _ = backpropagate(
            self._cell, self._theta, self._x, self.states, self._outputs, d_states=d_states
        )
        alpha, share = self._alpha, self._share
        d_alpha = d_theta[0] - share * d_theta[2]
        d_logs = d_start * self._start
        return np.column_stack(
            [
                d_alpha * alpha * (1.0 - alpha),
                d_theta[2] * (1.0 - alpha) * share * (1.0 - share),
                d_logs[0],
                d_logs[2:].T,
            ]
        )


class Windows:
    """Windows before origins of series, and the seasons ahead, as (1) has them.

    Parameters
    ----------
    states : (T + 1, 2 + m, B) array
    y : (T, B) array
    first : (B,) int array
    lane, origin : (n,) int arrays
        Of each window its series, and the row after it.
    window, horizon : int
    """

    def __init__(
        self,
        states: np.ndarray,
        y: np.ndarray,
        first: np.ndarray,
        lane: np.ndarray,
        origin: np.ndarray,
        window: int,
        horizon: int,
    ) -> None:
        self._shape, lanes, m = states.shape, lane[:, None], states.shape[1] - 2
        # Before a series begins there is its first value, with the season that it had.
        rows = np.maximum(origin[:, None] + np.arange(-window, 0), first[lanes])
        ahead = 2 + np.arange(horizon) % m
        places = (origin, 0, lane), (rows, 2, lanes), (origin[:, None], ahead, lanes)
        self._places = [
            np.ravel_multi_index(np.broadcast_arrays(*one), self._shape) for one in places
        ]
        flat = states.ravel()
        self._level, self._season, self._ahead = (flat[one] for one in self._places)
        self._logs = np.log(y[rows, lanes] / (self._level[:, None] * self._season))
        self.x = 2.0 * np.clip(self._logs, -LARGEST_LOG, LARGEST_LOG)

    def forecasts(self, outputs: np.ndarray) -> np.ndarray:
        """Return f of outputs (n, H)."""
        return self._level[:, None] * self._ahead * (1.0 + outputs)

    def d_outputs(self, d_forecasts: np.ndarray) -> np.ndarray:
        """Return the gradient by outputs, given that by forecasts."""
        return d_forecasts * self._level[:, None] * self._ahead

    def d_states(self, outputs: np.ndarray, d_forecasts: np.ndarray, d_x: np.ndarray) -> np.ndarray:
        """Return the gradient by all states, given those by forecasts and by x."""
        d_logs = 2.0 * d_x * (np.abs(self._logs) < LARGEST_LOG)
        d_scale = d_forecasts * (1.0 + outputs)  # of level times season ahead
        d_level = (d_scale * self._ahead).sum(axis=1) - d_logs.sum(axis=1) / self._level
        pieces = d_level, -d_logs / self._season, d_scale * self._level[:, None]
        d_states = np.zeros(np.prod(self._shape))
        for place, piece in zip(self._places, pieces, strict=True):
            np.add.at(d_states, place.ravel(), piece.ravel())
        return d_states.reshape(self._shape)


class DenseRun:
    """Rows on their way through layers of rectified units, and back to the rows themselves."""

    def __init__(self, shape: DenseArchitecture, theta: np.ndarray, x: np.ndarray) -> None:
        self._shape, self._theta = shape, theta
        weights = shape.unpack(theta)
        self._matrices = [weights[f"W_hx{one}"] for one in shape.suffixes] + [weights["W_yh"]]
        biases = [weights[f"b_h{one}"] for one in shape.suffixes] + [weights["b_y"]]
        self._h = [x.astype(theta.dtype)]
        for W, b in zip(self._matrices[:-1], biases[:-1], strict=True):
            self._h.append(np.maximum(self._h[-1] @ W.T + b, 0.0))
        self.outputs = (self._h[-1] @ self._matrices[-1].T + biases[-1]).astype(float)

    def pull_back(self, d_outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradients by theta and by x."""
        d_a, shape = d_outputs.astype(self._theta.dtype), self._shape
        gradient = np.empty_like(self._theta)
        d_weights = shape.unpack(gradient)
        names = [(f"W_hx{one}", f"b_h{one}") for one in shape.suffixes] + [("W_yh", "b_y")]
        for i in reversed(range(len(names))):
            of_matrix, of_bias = names[i]
            np.matmul(d_a.T, self._h[i], out=d_weights[of_matrix])
            d_a.sum(axis=0, out=d_weights[of_bias])
            d_a = d_a @ self._matrices[i]
            if i:
                d_a *= self._h[i] > 0.0
        return gradient, d_a.astype(float)


@dataclass
class Joint:
    """A network and the smoothers of all series.

    Attributes
    ----------
    series : Series
    loss : LevelLoss
    shape : DenseArchitecture
    theta : (K,) array
        Of the network.
    parameters : (N, 3 + m) array
    """

    series: Series
    loss: LevelLoss
    shape: DenseArchitecture
    theta: np.ndarray
    parameters: np.ndarray

    def _windows(
        self, chosen: np.ndarray, lane: np.ndarray, origin: np.ndarray
    ) -> tuple[Smoothing, Windows, DenseRun]:
        series, y = self.series, self.series.y[:, chosen]
        smoothing = Smoothing(self.parameters[chosen], y)
        windows = Windows(
            smoothing.states, y, series.first[chosen], lane, origin, series.window, series.horizon
        )
        return smoothing, windows, DenseRun(self.shape, self.theta, windows.x)

    def loss_and_gradients(
        self, chosen: np.ndarray, lane: np.ndarray, origin: np.ndarray, *, learned: bool
    ) -> tuple[float, np.ndarray, np.ndarray | None]:
        """Return the mean loss, and its gradients by theta and by the chosen parameters.

        Parameters
        ----------
        chosen : (B,) int array
            Series.
        lane, origin : (n,) int arrays
            Of each sample its place among these, and the row that its targets begin at.
        learned : bool
            Whether the latter gradient is asked for.
        """
        series, n = self.series, len(lane)
        smoothing, windows, run = self._windows(chosen, lane, origin)
        f = windows.forecasts(run.outputs)
        rows = origin[:, None] + np.arange(series.horizon)
        y = series.y[rows, chosen[lane][:, None]]
        # The loss speaks of b + u o, here f itself, and of quantiles, whose weight is 0.
        context = np.column_stack(
            [y, np.zeros(n), np.ones(n), series.scale[chosen[lane]], np.ones(n)]
        )
        padded = np.pad(f, ((0, 0), (0, 2 * series.horizon)))
        value, gradient = self.loss.value_and_gradient(padded, context, np.full(n, 1.0 / n))
        d_f = gradient[:, : series.horizon]
        d_theta, d_x = run.pull_back(windows.d_outputs(d_f))
        if not learned:
            return value, d_theta, None
        d_states = windows.d_states(run.outputs, d_f, d_x)
        return value, d_theta, smoothing.pull_back(d_states)

    def forecast(self) -> np.ndarray:
        """Forecast all series from their ends, (N, H)."""
        found, T = [], len(self.series.y)
        for chosen in np.array_split(
            np.arange(self.series.n_series), -(-self.series.n_series // 256)
        ):
            lane = np.arange(len(chosen))
            _, windows, run = self._windows(chosen, lane, np.full(len(lane), T))
            found.append(windows.forecasts(run.outputs))
        return np.concatenate(found) * self.series.mean[:, None]

    def train(self, n_samples: int, way: str, rate: float, seed: int) -> float:
        """Train on about so many samples, and what a way learns of series at a rate of its own.

        The mean loss of the last epoch is returned.
        """
        series, random_state = self.series, np.random.RandomState(seed)
        n_each = series.n_origins()
        usable = np.flatnonzero(n_each)
        n_batches = -(-len(usable) // N_SERIES)
        n_epochs = max(1, round(n_samples / (len(usable) * N_ORIGINS)))
        n_steps = n_epochs * n_batches
        schedule = Schedule(n_steps, min(WARM_UP, n_steps // 10), falls=True)
        state = Adam(RATE).init(self.theta)
        m, v = np.zeros((2, *self.parameters.shape))
        losses = np.empty(n_steps)
        for step in range(n_steps):
            if step % n_batches == 0:
                batches = np.array_split(random_state.permutation(usable), n_batches)
            chosen = batches[step % n_batches]
            lane = np.repeat(np.arange(len(chosen)), N_ORIGINS)
            back = (random_state.uniform(size=len(lane)) * n_each[chosen[lane]]).astype(int)
            origin = len(series.y) - series.horizon - back
            share = schedule.share(step)
            losses[step], d_theta, d_own = self.loss_and_gradients(
                chosen, lane, origin, learned=way in LEARNED
            )
            clip_by_norm(d_theta, CLIP)
            state = Adam(RATE * share).update(self.theta, d_theta, state)
            if d_own is None:
                continue
            visits = step // n_batches
            if way != "joint":
                d_own[:, LEVELS:] = 0.0
            if way == "shared":
                chosen, visits = np.arange(series.n_series), step
                d_own = np.tile(d_own.mean(axis=0), (series.n_series, 1))
            own = [one[chosen].ravel() for one in (self.parameters, m, v)]
            moves = own[1], own[2], np.array([visits])
            Adam(rate * share).update(own[0], d_own.ravel(), moves)
            for every, some in zip((self.parameters, m, v), own, strict=True):
                every[chosen] = some.reshape(len(chosen), -1)
        return losses[-n_batches:].mean()


def naive_loss(series: Series, parameters: np.ndarray) -> LevelLoss:
    """Return the OWA by what Naive2 has of sMAPE and MASE on the last horizon of the series."""
    H, known = series.horizon, np.flatnonzero(series.n_origins())
    y = series.y[:, known]
    states = Smoothing(parameters[known], y).states[len(y) - H]
    forecast = states[0] * states[2 + np.arange(H) % series.period]
    missed = np.abs(forecast - y[-H:])
    smape = 200.0 * (missed / (forecast + y[-H:])).mean()
    return LevelLoss(0.5 / smape, 0.5 / (missed / series.scale[known]).mean(), 0.0)


def network_of(series: Series, seed: int, dtype: type) -> tuple[DenseArchitecture, np.ndarray]:
    """Return a network and weights to begin from, with which forecasts are the level."""
    shape = DenseArchitecture("relu", series.window, 1, HIDDEN, series.horizon, False)
    return shape, shape.initial(np.random.RandomState(seed), dtype)


def by_way(series: Series, way: str, options: argparse.Namespace) -> tuple[list[np.ndarray], float]:
    """Train networks in one way, and tell what is learned: the forecasts of each, the seconds."""
    began = time.process_time()
    start = adjusted = series.decomposed()
    if way != "adjusted":
        start_of = series.fitted if way == "fitted" else series.smoothed
        start = start_of(options.alpha, options.gamma)
    loss, forecasts = naive_loss(series, adjusted), []
    for seed in range(options.seed, options.seed + options.networks):
        joint = Joint(series, loss, *network_of(series, seed, np.float32), start.copy())
        trained_to = joint.train(options.samples, way, options.rate, seed)
        forecasts.append(joint.forecast())
    if options.tell:
        print(f"  {way}: the loss of training comes to {trained_to:.4f}")  # noqa: T201
        alpha, share = expit(joint.parameters[:, [ALPHAS, SHARES]]).T
        for title, values in (("alpha", alpha), ("gamma", share * (1.0 - alpha))):
            quantiles = np.quantile(values, [0.1, 0.5, 0.9]).round(3)
            print(f"  {way}: {title} {quantiles} (.1, .5, .9 of the series)")  # noqa: T201
    return forecasts, time.process_time() - began


def owa(found: Result, naive: Result) -> float:
    """Return the OWA of results."""
    smape, mase = found.smape.mean(), found.mase.mean()
    return 0.5 * (smape / naive.smape.mean() + mase / naive.mase.mean())


def run(name: str, options: argparse.Namespace) -> None:
    """Print the scores of all ways on a part."""
    part = held_back(load(name, options.data_home, options.series), options.hold)
    h, m = part.horizon, part.period
    naive = DeseasonalizedForecaster(NaiveForecaster(), period=m)
    naive = PanelForecaster(naive, alias="f", freq=1).fit(part.frame)
    naive = score(part, part.rows_of(naive.predict(h), "f"), {})

    def tell(title: str, forecast: np.ndarray, more: str = "") -> None:
        found = score(part, forecast, {})
        print(  # noqa: T201
            f"{name}, held back {options.hold}, {title:20s} sMAPE {found.smape.mean():7.3f}  "
            f"MASE {found.mase.mean():6.3f}  OWA {owa(found, naive):.4f}  {more}",
            flush=True,
        )

    series = Series.of(part, options.period or m, options.window or (336 if m == 24 else m + h))
    of_ways = {}
    for way in options.ways:
        each, seconds = by_way(series, way, options)
        singles = [owa(score(part, one, {}), naive) for one in each]
        of_ways[way] = np.median(each, axis=0)
        spread = np.std(singles) / np.sqrt(len(each))
        more = f"alone {np.mean(singles):.4f} +- {spread:.4f}  {seconds:6.1f} s"
        tell(way, of_ways[way], more)
    if options.rule:
        began = time.process_time()
        model = RNNForecaster(horizon=h, period=m, random_state=0)
        panel = PanelForecaster(model, alias="f", freq=1).fit(part.frame)
        forecast = part.rows_of(panel.predict(h), "f")
        tell("the rule", forecast, f"{time.process_time() - began:31.1f} s")
        for way, other in of_ways.items():
            tell(f"the rule and {way}", 0.5 * (forecast + other))


def check() -> None:
    """Hold all gradients against central differences, in double precision, and print the worst."""
    random_state = np.random.RandomState(0)
    y = np.exp(0.3 * random_state.normal(size=(40, 3)))
    first = np.array([0, 5, 11])
    y[np.arange(40)[:, None] < first] = np.nan
    series = Series(y, first, np.array([0.2, 0.5, 0.3]), np.ones(3), 4, 6, 9)
    shape, theta = network_of(series, 0, np.float64)
    theta = theta + 0.1 * random_state.normal(size=theta.size)
    parameters = series.smoothed(0.5, 0.05) + 0.2 * random_state.normal(size=(3, 7))
    joint = Joint(series, LevelLoss(0.05, 0.5, 0.0), shape, theta, parameters)
    chosen, lane = np.array([2, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
    origin = np.array([18, 34, 7, 30, 12, 25])

    def value() -> float:
        return joint.loss_and_gradients(chosen, lane, origin, learned=False)[0]

    _, d_theta, d_parameters = joint.loss_and_gradients(chosen, lane, origin, learned=True)
    some = random_state.choice(theta.size, 200, replace=False)
    rows = np.unravel_index(np.arange(parameters.size), parameters.shape)
    for title, array, places, exact in (
        ("network", theta, (some,), d_theta[some]),
        ("smoothers", parameters, rows, d_parameters[np.argsort(chosen)].ravel()),
    ):
        found = []
        for place in zip(*places, strict=True):
            before, both = array[place], []
            for step in (1e-6, -1e-6):
                array[place] = before + step
                both.append(value())
            array[place] = before
            found.append((both[0] - both[1]) / 2e-6)
        error = np.abs(np.array(found) - exact).max() / np.abs(exact).max()
        print(f"{title}: {len(exact)} derivatives, largest error {error:.1e}")  # noqa: T201
        assert error < 1e-7  # central differences of a sum near 1 are good to about 1e-9


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="check gradients, and nothing else")
    parser.add_argument("--data-home")
    parser.add_argument("--data", nargs="+", default=list(PARTS))
    parser.add_argument("--series", type=int, help="an even choice of so many series of each part")
    parser.add_argument("--hold", type=int, default=1, choices=(1, 2))
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    parser.add_argument("--networks", type=int, default=3, help="of each way")
    parser.add_argument("--samples", type=int, default=1_200_000, help="looked at by a network")
    parser.add_argument("--rate", type=float, default=0.01, help="of the smoothers' parameters")
    parser.add_argument("--alpha", type=float, default=0.5, help="that smoothing begins with")
    parser.add_argument("--gamma", type=float, default=0.05, help="that smoothing begins with")
    parser.add_argument("--period", type=int, help="of the smoothers, if not the series'")
    parser.add_argument("--window", type=int)
    parser.add_argument("--rule", action="store_true", help="and the rule's members")
    parser.add_argument(
        "--tell", action="store_true", help="the loss of training, quantiles of what was learned"
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    options = read_options()
    warnings.filterwarnings("ignore")  # what is said of single series is not what is measured
    if options.check:
        check()
    else:
        for name in options.data:
            run(name, options)
