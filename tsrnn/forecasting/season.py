"""The season of a series as the M competitions find it: tested for, taken off, and put back on.

A series y_t with a season of m time steps is y_t = s_t z_t (multiplicative) or y_t = s_t + z_t
(additive), its indices s_t = s_{t-m} those of the classical decomposition by moving averages. The
season is significant if the autocorrelation r_m at its lag is so at 90%,

    n >= 3 m   and   |r_m| > 1.645 sqrt((1 + 2 (r_1^2 + .. + r_{m-1}^2)) / n)           (1)

With regressors x_t the series is y_t = s_t z_t + b'x_t or y_t = s_t + z_t + b'x_t, and the test and
the indices are those of y_t - b'x_t. For these b is estimated from the changes of changes

    w_t = (y_t - y_{t-m}) - (y_{t-1} - y_{t-1-m})                                       (2)

and those of x_t, less their means at each position of the season: what a season of either kind adds
to a line is the same at all of one position, and gone.

Beside a strong trend all autocorrelations are large, and (1) overlooks seasons as clear as can be.
So of the theta method's series it is also asked of what their least-squares lines leave of them,
z_t. And of few seasons (1) asks too much: r_m is (n - m) / n at most, and beside a wave without any
noise, whose r_1^2 + .. are about m / 3, the limit is above that up to 3.9 m values; beside one with
some noise it is so up to 5 m. So a season is taken off, too, if z_t and z_{t-m} have a correlation

    cor(z_t, z_{t-m}) > 1/2   and   2 m <= n < 5 m                                      (3)

On the last values of the training parts of M3's quarterly and monthly and M4's quarterly series,
forecast from those before, the theta method's errors are smaller by 0.1 to 1.3% for the first.
Forecast from no more than 2 m to 3 m values before they are smaller by 10 to 15, 11 to 17 and 0.2
to 3.5% for the second, and those of its mean with automatic and complex smoothing by 4 to 6, 4 to
5 and 1 to 1.5%. Were all such series adjusted, monthly ones that are as short as that by themselves
would lose 14%, which have seasons less often. From 3 m to 4 m values before theta's errors are
smaller by 3 to 10, 3 to 11 and 0.5 to 3%, from 4 m to 5 m by 0.5 to 1.8, 0.1 to 0.9 and 0.2 to
0.8%; of series that are as short as that by themselves none of these is worse by 0.1%
(`benchmarks/few_seasons.py`).

An index near zero is none to divide by: what is new of a value there counts 1/s_t times in z_t, and
its forecasts at all other positions move by that much. Where the kind of season is chosen, one with
an index below a fifth is additive. On the last values of the training parts of M4's hourly series,
forecast by the theta method from those before, the mean absolute error in units of that of the
season before was 3.6 with multiplicative and 1.2 with additive seasons where the smallest index was
below 0.1 (39 series), 1.8 and 1.2 below 0.15 (18), 1.4 and 1.1 below 0.2 (20). M3 and M4's
quarterly series have hardly any so small. Those of M4 with one from 0.2 to 0.5 would rather have
them multiplicative: 1.2 and 2.6 (30 series).

Source: S. Makridakis, E. Spiliotis and V. Assimakopoulos, The M4 Competition: 100,000 time series
and 61 forecasting methods, International Journal of Forecasting 36 (2020); its benchmarks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tsrnn._input.ragged import counted, rows_of
from tsrnn._input.wording import Phrase

_SHOWS_NONE = "it does not show two whole seasons of {} time steps"

# Why no season is one to divide by, and what to do: of a series that is positive but for what
# regressors add, and of others.
NOT_POSITIVE = {
    False: "its values are not all positive, as model='mul' needs: set model='add'",
    True: "its values, net of what regressors add, are not all positive, as model='mul' needs: set "
    "model='add', or give columns of X as differences from their means",
}

# Why a season is not found that a series has but for one value.
HIDES = (
    "the value in row {row} hides its season of {period} time steps, which is significant without "
    "that value: pass NaN in its place"
)

# Why a season is not found that is plain to see, where (1) has too few values to find it.
OVERLOOKED = (
    "it repeats a season of {period} time steps, but {n} values are too few for the competitions' "
    "test to find such: test=False takes it off without a test"
)

# What users of Python can do about a season that is not tested for.
UNTESTED = Phrase(": test=False adjusts for it without a test where there are two of them")

# Of fewer periods than so many (1) overlooks seasons that (3) finds.
_FEW = 5

# The correlation with itself a period before, and the pairs of values at least, of a season that
# is plain to see: noise, walks and trends have that in less than 1 of 100 series of any length.
_PLAIN, _LEAST_PAIRS = 0.8, 8

# The least multiplicative index where the kind of season is chosen.
_LEAST_INDEX = 0.2

# The quantile of the normal distribution for a two-sided test at 90%, as the competitions round it.
_CRITICAL = 1.645

# Moving averages over longer seasons may be faster by way of Fourier transforms.
_DIRECT = 336

# What is smaller, of a regressor or a series in units of its largest value, may be its rounding.
_ROUNDING = 1e-10


@dataclass(frozen=True)
class Seasons:
    """Seasons of N series as y = factor z + offset, (N, m) each, that of the next step first."""

    factor: np.ndarray
    offset: np.ndarray

    @property
    def spread(self) -> np.ndarray:
        """The standard deviation of what they add to errors, (N,): they are taken as known."""
        return np.zeros(len(self.factor))

    @classmethod
    def of(cls, indices: np.ndarray, model: str) -> Seasons:
        """Make seasons of their indices (N, m): "mul" or "add"."""
        if model == "mul":
            return cls(indices, np.zeros_like(indices))
        return cls(np.ones_like(indices), indices)

    def indices(self, kinds: np.ndarray) -> np.ndarray:
        """Return the indices (N, m) of seasons of these kinds (N,); ones where there are none."""
        return np.where((kinds == "add")[:, None], self.offset, self.factor)

    def ahead(self, n_timesteps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of the next steps of all series, (n_timesteps, N)."""
        step = np.arange(n_timesteps) % self.factor.shape[1]
        return self.factor.T[step], self.offset.T[step]

    def along(self, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of the next rows of each series, (n_rows,)."""
        series, step = counted(np.diff(offsets))
        place = series, step % self.factor.shape[1]
        return self.factor[place], self.offset[place]

    def after(self, n_timesteps: int | np.ndarray) -> Seasons:
        """Return the seasons after so many steps of all series, or of each, (N,)."""
        n_series, period = self.factor.shape
        place = np.add.outer(np.broadcast_to(n_timesteps, n_series), np.arange(period)) % period
        return Seasons(
            np.take_along_axis(self.factor, place, axis=1),
            np.take_along_axis(self.offset, place, axis=1),
        )

    def of_steps(self, first: int, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return factors and offsets of so many steps from one on, 0 the next, (N, n_steps)."""
        place = np.arange(first, first + n_steps) % self.factor.shape[1]
        return self.factor[:, place], self.offset[:, place]

    def take(self, series: np.ndarray) -> Seasons:
        """Return the seasons of the series at these positions."""
        return Seasons(self.factor[series], self.offset[series])

    def alone(self, i: int) -> Seasons:
        """Return the seasons of the series at a position."""
        return Seasons(self.factor[[i]], self.offset[[i]])


def find_season(
    y: np.ndarray, X: np.ndarray, period: int, model: str, *, test: bool
) -> tuple[np.ndarray | None, str | None]:
    """Look for the season of a series.

    Parameters
    ----------
    y : (n,) array
        NaN where missing, and not everywhere.
    X : (n, p) array
        Regressors that add to the series beside its season.
    period : int
    model : {"mul", "add"}
    test : bool
        Whether a season must be significant by (1). One that repeats itself in too few values for
        (1) is a reason.

    Returns
    -------
    indices : (period,) array or None
        That of the first row first; None where no season is to be taken off.
    reason : str or None
        Why a series that may have a season cannot be adjusted.
    """
    if period == 1:
        return None, None
    began, ended = ends_of(y)
    y, X = y[began:ended], X[began:ended]
    is_positive = np.nanmin(y) > 0.0
    y = y - X @ coefficients(y, X, period)
    if test and not is_seasonal(y, period):
        rest = without_largest(y)
        if rest is not None and is_seasonal(rest[0], period):
            return None, HIDES.format(row=began + rest[1], period=period)
        return None, _overlooked(y, period)
    if not _shows_two(y, period):
        return None, _SHOWS_NONE.format(period)
    if model == "mul" and np.nanmin(y) <= 0.0:
        return None, NOT_POSITIVE[bool(is_positive)]
    return np.roll(seasonal_indices(y, period, model), began), None


def find_seasons(
    values: np.ndarray, offsets: np.ndarray, period: int, *, test: bool = True
) -> tuple[Seasons, np.ndarray, dict[int, str]]:
    """Look for the season of each of many series: multiplicative where it can be.

    Parameters
    ----------
    values : (n_rows,) array
        Series i is `values[offsets[i]:offsets[i + 1]]`; NaN where missing, and not everywhere.
    offsets : (N + 1,) array
    period : int
    test : bool
        Whether a season must be found by (1), of the series or of what its line leaves, or by (3).

    Returns
    -------
    seasons : Seasons
        Multiplicative for series of positive values with no index near zero, additive for others.
    kinds : (N,) object array
        "mul" or "add"; None where no season is taken off.
    reasons : dict
        Why series that may have a season are not adjusted.
    """
    n_series = len(offsets) - 1
    factor, offset = np.ones((n_series, period)), np.zeros((n_series, period))
    kinds = np.full(n_series, None, dtype=object)
    if period == 1:
        return Seasons(factor, offset), kinds, {}
    candidates = np.ones(n_series, dtype=bool)
    too_short: list[int] = []
    if test:
        candidates = _candidates(values, offsets, period)
        n_observed = np.add.reduceat(~np.isnan(values), offsets[:-1], dtype=np.int64)
        too_short = np.flatnonzero(n_observed < 2 * period).tolist()
    reasons = dict.fromkeys(too_short, _SHOWS_NONE.format(period))
    for i in np.flatnonzero(candidates).tolist():
        y = values[offsets[i] : offsets[i + 1]]
        began, ended = ends_of(y)
        y = y[began:ended]
        if not _shows_two(y, period):
            reasons[i] = _SHOWS_NONE.format(period)
            continue
        kinds[i], indices = _of_either_kind(y, period)
        (factor if kinds[i] == "mul" else offset)[i] = np.roll(indices, began)
    return Seasons(factor, offset), kinds, reasons


def _candidates(values: np.ndarray, offsets: np.ndarray, period: int) -> np.ndarray:
    """Tell which series have a season by (1), perhaps beside a line, or by (3), (N,)."""
    candidates = are_seasonal(values, offsets, period)
    series = np.flatnonzero(~candidates)
    if series.size:
        rows, own = rows_of(offsets, series)
        rest = _beside_line(values[rows], own)
        candidates[series] = are_seasonal(rest, own, period)
        n_observed = np.add.reduceat(~np.isnan(rest), own[:-1], dtype=np.int64)
        is_short = (2 * period <= n_observed) & (n_observed < _FEW * period)
        for k in np.flatnonzero(is_short & ~candidates[series]).tolist():
            candidates[series[k]] = _is_repeated(rest[own[k] : own[k + 1]], period)
    return candidates


def _is_repeated(z: np.ndarray, period: int, least: float = 0.5, n_pairs: int = 2) -> bool:
    """Tell whether a series (n,), NaN where missing, is correlated with itself as in (3)."""
    both = np.array([z[period:], z[:-period]])
    both = both[:, ~np.isnan(both).any(axis=0)]
    if both.shape[1] < n_pairs:
        return False
    both = both - both.mean(axis=1, keepdims=True)
    products = both @ both.T
    return bool(products[0, 1] > least * np.sqrt(products[0, 0] * products[1, 1]))


def _overlooked(y: np.ndarray, period: int) -> str | None:
    """Say that a series (n,) has a season, plain to see, that (1) has not found for its length."""
    n_observed = int(np.count_nonzero(~np.isnan(y)))
    if not 2 * period <= n_observed < _FEW * period or not _shows_two(y, period):
        return None
    rest = _beside_line(y, np.array([0, len(y)]))
    if not _is_repeated(rest, period, _PLAIN, _LEAST_PAIRS):
        return None
    return OVERLOOKED.format(n=n_observed, period=period)


def _beside_line(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return what is left of series without their least-squares lines, in units of their own."""
    starts, owner = offsets[:-1], np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    seen = ~np.isnan(values)
    n_observed = np.maximum(np.add.reduceat(seen, starts, dtype=float), 1.0)
    size = np.maximum.reduceat(np.where(seen, np.abs(values), 0.0), starts)
    rest = np.where(seen, values, 0.0) / np.where(size > 0.0, size, 1.0)[owner]
    time = np.where(seen, np.arange(len(values)) - starts[owner], 0.0)
    for part in (time, rest):
        part -= (np.add.reduceat(part, starts) / n_observed)[owner]
        part[~seen] = 0.0
    squares = np.add.reduceat(time * time, starts)
    slope = np.add.reduceat(time * rest, starts) / np.where(squares > 0.0, squares, 1.0)
    rest -= slope[owner] * time
    rest[np.abs(rest) < _ROUNDING] = 0.0
    return np.where(seen, rest, np.nan)


def _of_either_kind(y: np.ndarray, period: int) -> tuple[str, np.ndarray]:
    """Return the kind of season that suits a series (n,) and its indices (period,)."""
    if np.nanmin(y) > 0.0:
        indices = seasonal_indices(y, period, "mul")
        if indices.min() >= _LEAST_INDEX:
            return "mul", indices
    return "add", seasonal_indices(y, period, "add")


def ends_of(y: np.ndarray) -> tuple[int, int]:
    """Return where the observed part of a series begins, and the row after it.

    What is missing before and after it says nothing of its season.
    """
    observed = np.flatnonzero(~np.isnan(y))
    return int(observed[0]), int(observed[-1]) + 1


def _shows_two(y: np.ndarray, period: int) -> bool:
    """Tell whether a series has two seasons, and a value at each position of them."""
    if len(y) < 2 * period:
        return False
    seen = ~np.isnan(y)
    return bool(seen.all() or np.unique(np.flatnonzero(seen) % period).size == period)


def is_seasonal(y: np.ndarray, period: int) -> bool:
    """Test a series (n,) for a season by (1); missing values are left out."""
    return bool(are_seasonal(y, np.array([0, len(y)]), period)[0])


def are_seasonal(values: np.ndarray, offsets: np.ndarray, period: int) -> np.ndarray:
    """Test each of many series for a season by (1), (N,); missing values are left out."""
    starts, owner = offsets[:-1], np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    seen = ~np.isnan(values)
    n_observed = np.add.reduceat(seen, starts, dtype=float)
    rest = np.where(seen, values, 0.0)  # what is missing adds to no product
    # In units of their own, for squares of what a float can hold may be beyond it.
    for centre in (False, True):
        if centre:
            mean = np.add.reduceat(rest, starts) / np.maximum(n_observed, 1.0)
            rest = np.where(seen, rest - mean[owner], 0.0)
        size = np.maximum.reduceat(np.abs(rest), starts)
        rest = rest / np.where(size > 0.0, size, 1.0)[owner]
    may_be = (n_observed >= 3 * period) & (size > 0.0)
    if not may_be.any():
        return may_be
    steps = np.arange(len(values)) - starts[owner]
    squares = np.add.reduceat(rest * rest, starts)
    total = np.zeros(len(starts))
    for lag in range(1, period + 1):
        products = np.zeros(len(values))
        np.multiply(rest[lag:], rest[:-lag], out=products[lag:], where=(steps >= lag)[lag:])
        r = np.divide(
            np.add.reduceat(products, starts), squares, out=np.zeros(len(starts)), where=may_be
        )
        if lag < period:
            total += r * r
    limit = _CRITICAL * np.sqrt((1.0 + 2.0 * total) / np.maximum(n_observed, 1.0))
    return may_be & (np.abs(r) > limit)


def without_largest(y: np.ndarray) -> tuple[np.ndarray, int] | None:
    """Return a series (n,) without the value that has more than half of all squares, and its row.

    Such a value alone may keep a season from being significant by (1). None where none has so much.
    """
    scaled = y / (np.nanmax(np.abs(y)) or 1.0)
    squares = (scaled - np.nanmean(scaled)) ** 2
    row = int(np.nanargmax(squares))
    if 2.0 * squares[row] <= np.nansum(squares):
        return None
    rest = y.copy()
    rest[row] = np.nan
    return rest, row


def coefficients(y: np.ndarray, X: np.ndarray, period: int) -> np.ndarray:
    """Estimate by (2) what regressors (n, p) add to a series (n,) beside its season, (p,).

    0 for regressors that are nothing but season and line, and for all where the rows are too few.
    """
    n_columns, n_rows = X.shape[1], len(y) - period - 1
    found = np.zeros(n_columns)
    if n_columns == 0 or n_rows < 2 * n_columns:
        return found
    both = np.column_stack([y, X])
    # In units of their own, for differences of what a float can hold may be beyond it.
    units = np.nanmax(np.abs(both), axis=0)
    units[units == 0.0] = 1.0
    changes = np.diff((both / units)[period:] - (both / units)[:-period], axis=0)
    seen = ~np.isnan(changes).any(axis=1)
    changes, position = changes[seen], (np.arange(n_rows) % period)[seen]
    count = np.bincount(position, minlength=period)
    if len(changes) - np.count_nonzero(count) < 2 * n_columns:
        return found
    for column in changes.T:
        column -= (np.bincount(position, column, period) / np.maximum(count, 1))[position]
    left = np.abs(changes[:, 1:]).max(axis=0)
    varies = left > _ROUNDING
    A = changes[:, 1:][:, varies] / left[varies]
    estimate = np.linalg.lstsq(A, changes[:, 0], rcond=_ROUNDING)[0]
    found[varies] = estimate / left[varies] / units[1:][varies] * units[0]
    return found


def seasonal_indices(y: np.ndarray, period: int, model: str) -> np.ndarray:
    """Return the classical seasonal indices of a series (n,) with every season in it, (period,).

    To the last digit those of statsmodels' `seasonal_decompose`, which takes ten times as long:
    a panel has thousands of series.
    """
    convolve: Callable = np.convolve
    if period > _DIRECT:
        from scipy import signal  # slow to import

        convolve = signal.convolve

    filled = filled_by_season(y, period)
    unit = np.abs(filled).max() or 1.0
    scaled, half = filled / unit, period // 2
    weights = np.full(period + 1 - period % 2, 1.0)
    if period % 2 == 0:
        weights[[0, -1]] = 0.5
    trend = convolve(scaled, weights / period, mode="valid")
    inside = scaled[half : half + len(trend)]
    rest = np.zeros(len(y))
    rest[half : half + len(trend)] = inside / trend if model == "mul" else inside - trend
    count = np.bincount(np.arange(half, half + len(trend)) % period, minlength=period)
    averages = _sums_by_position(rest, period) / count
    if model == "mul":
        return averages / averages.mean()
    return (averages - averages.mean()) * unit


def filled_by_season(y: np.ndarray, period: int) -> np.ndarray:
    """Interpolate what is missing of a series (n,) between the same seasons of years around it.

    What is missing in every year stays so.
    """
    filled = y.copy()
    if np.isnan(y).any():
        for start in range(period):
            same = filled[start::period]  # a view
            missing = np.isnan(same)
            year = np.arange(len(same))
            if not missing.all():
                same[missing] = np.interp(year[missing], year[~missing], same[~missing])
    return filled


def _sums_by_position(rows: np.ndarray, period: int) -> np.ndarray:
    """Return the sums of every period-th number, (period,), those of each added by themselves."""
    n_whole, n_more = divmod(len(rows), period)
    padded = np.zeros((n_whole + 1, period))
    padded.ravel()[: len(rows)] = rows
    longer, others = padded[:, :n_more], padded[:-1, n_more:]
    parts = [np.ascontiguousarray(part.T).sum(axis=1) for part in (longer, others)]
    return np.concatenate(parts)
