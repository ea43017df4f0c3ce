"""Families of series: each has the dynamics that its priors say, and none fails."""

import numpy as np
import pytest

from tsrnn._scan.unroll import generate
from tsrnn.cells.smoothing import HOLT
from tsrnn.synthetic import (
    FAMILIES,
    FREQUENCIES,
    SeriesStream,
    combining,
    counts,
    cycles,
    gaussian,
    recursion,
    seasons,
    shocks,
    smoothing,
    trends,
    walks,
)
from tsrnn.synthetic.families import weights_of
from tsrnn.synthetic.frequencies import UNKNOWN
from tsrnn.synthetic.request import Request
from tsrnn.synthetic.units import in_own_changes, mean_change

PERIODS = (1, 2, 4, 7, 12, 24, 52)


def request(n, length, *, period=1, frequency="monthly"):
    numbers = np.ones(n, dtype=np.int64)
    return Request(
        length, length * numbers, period * numbers, FREQUENCIES.index(frequency) * numbers
    )


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_finite_and_mostly_moves_at_all_periods_and_frequencies(family):
    n_constant = n_series = 0
    for i, period in enumerate(PERIODS):
        stream = SeriesStream(
            (3, 70),
            {(name, period): 1.0 for name in FREQUENCIES},
            families=family,
            seed=i,
            chunk_size=150,
        )
        with np.errstate(all="raise", under="ignore"):
            series = stream.chunk(0).series()
        assert all(np.isfinite(y).all() for y in series)
        n_constant += sum(np.ptp(y) == 0.0 for y in series if len(y) > 10)
        n_series += sum(len(y) > 10 for y in series)
    # Of eleven steps and more, few without any demand, and fewer rounded to the same number.
    assert n_constant < (0.15 if family == "intermittent" else 0.02) * n_series


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_shortest_series_are_made_of_all_families(length):
    chunk = SeriesStream(length, {("weekly", 52): 1, ("yearly", 1): 1}, chunk_size=600).chunk(0)
    assert set(chunk.families) == set(range(len(FAMILIES)))
    assert chunk.values.shape == (600, length)
    assert np.isfinite(chunk.values).all()


# Dynamics.


def test_the_recursion_is_that_of_the_equations():
    rng = generator()
    e, ar, ma = rng.normal(size=(9, 3)), rng.uniform(-0.5, 0.5, (2, 3)), rng.normal(size=(2, 3))
    x = recursion.arma(e, ar, ma)
    for b in range(3):
        past_x, past_e = [0.0, 0.0], [0.0, 0.0]
        for t in range(9):
            value = ar[:, b] @ past_x + ma[:, b] @ past_e + e[t, b]
            assert x[t, b] == pytest.approx(value, rel=1e-12)  # four roundings
            past_x, past_e = [value, past_x[0]], [e[t, b], past_e[0]]


@pytest.mark.parametrize(("a_1", "a_2"), [(0.9, 0.0), (1.6, -0.8), (-0.4, 0.3)])
def test_an_autoregression_is_stationary_from_its_first_step(a_1, a_2):
    n = 20_000
    x = recursion.autoregression(
        generator().standard_normal((12, n)), np.full(n, a_1), np.full(n, a_2)
    )
    rho = a_1 / (1.0 - a_2)
    variance = 1.0 / (1.0 - a_1 * rho - a_2 * (a_1 * rho + a_2))
    # Five standard errors: sqrt(2 / n) of a variance, as a share of it.
    np.testing.assert_allclose(x.var(axis=1), variance, rtol=5 * np.sqrt(2 / n))
    correlations = [np.corrcoef(x[t], x[t + 1])[0, 1] for t in range(11)]
    np.testing.assert_allclose(correlations, rho, atol=5 / np.sqrt(n))


def test_a_cycle_comes_back_after_its_length():
    length, n = 10.0, 50
    a = cycles.cycle_coefficients(np.full(n, 0.99), np.full(n, length))
    x = recursion.autoregression(generator().standard_normal((1000, n)), *a)
    lagged = {lag: np.mean(x[lag:] * x[: len(x) - lag]) / np.mean(x**2) for lag in (5, 10)}
    # r^lag cos(2 pi lag / length) of roots of modulus r, up to a term of 1 - r.
    assert lagged[10] == pytest.approx(0.99**10, abs=0.04)
    assert lagged[5] == pytest.approx(-(0.99**5), abs=0.04)


def test_the_variance_of_random_walks_grows_with_time():
    x = walks.random_walk(generator(), request(20_000, 101, frequency="hourly"))
    far = np.median(np.abs(x - x[0]), axis=1)
    # Medians, for the size of shocks changes in some. Drifts add less than a tenth.
    assert (far[100] / far[25]) ** 2 == pytest.approx(4.0, rel=0.1)


def test_summed_arma_processes_wander_and_others_stay():
    x = walks.arma_process(generator(), request(4000, 400))
    early, late = x[50:100], x[350:400]
    moved = np.abs(late.mean(axis=0) - early.mean(axis=0)) / x.std(axis=0)
    assert 0.4 < np.mean(moved > 1.0) + 0.15  # of the half that is summed most have moved
    assert np.mean(moved < 0.5) > 0.4


def test_smoothing_models_are_the_cells_fed_with_errors():
    """What a cell predicts of its own series leaves nothing but the errors."""
    theta = np.array([[0.5], [0.2], [0.9]])
    start, e = np.array([[1.0], [0.1]]), 0.1 * generator().standard_normal((20, 1, 1))
    x = generate(HOLT, theta, start, e)[:, 0, 0]
    level, trend = 1.0, 0.1
    for t in range(20):
        prediction = level + 0.9 * trend
        error = x[t] - prediction
        assert error == pytest.approx(e[t, 0, 0], abs=1e-12)  # some roundings of numbers about 1
        level, trend = prediction + 0.5 * error, 0.9 * trend + 0.1 * error


def test_complex_smoothing_models_forget_where_they_began():
    a_0, a_1 = smoothing.draw_complex(generator(), 2000)
    # What takes (level, potential) on where nothing is put in but what was predicted and missed.
    rows = [[1.0 - a_0 + a_1, a_1 - 1.0], [1.0 - a_0 - a_1, 1.0 - a_0]]
    eigenvalues = np.linalg.eigvals(np.moveaxis(np.array(rows), 2, 0))
    assert np.abs(eigenvalues).max() < 1.0


def test_multiplicative_models_stay_within_bounds_and_do_not_die():
    x = smoothing.multiplicative(generator(), request(3000, 150, frequency="yearly"))
    assert x.min() > 1e-3
    assert x.max() < 1e3
    still = (np.diff(x[-20:], axis=0) == 0.0).all(axis=0)
    assert still.mean() < 0.005


def test_breaks_fall_anywhere_within_a_life_its_end_included():
    lengths = np.full(4000, 50)
    asked = Request(80, lengths, np.ones_like(lengths), np.full(4000, 2))
    places = trends.broken_places(generator(), asked, 1.5)
    seen = places[np.isfinite(places)]
    # Uniform on a life of 50 of the 80 steps: five standard errors of a mean and of a share.
    assert seen.max() < 50.0
    assert seen.mean() == pytest.approx(25.0, abs=5 * 50 / np.sqrt(12 * len(seen)))
    assert np.mean(seen > 40.0) == pytest.approx(0.2, abs=5 * 0.4 / np.sqrt(len(seen)))


def test_random_features_have_the_kernel_of_their_frequencies():
    n, w = 4000, 0.3
    rng = generator()
    x = gaussian.waves(
        np.full((24, n), w),
        rng.standard_normal((24, n)) * np.sqrt(2 / 24),
        rng.uniform(0, 2 * np.pi, (24, n)),
        20,
    )
    for lag in (0, 1, 7):
        # Five standard errors of a mean of products of nearly normal numbers.
        assert np.mean(x[0] * x[lag]) == pytest.approx(np.cos(w * lag), abs=5 * np.sqrt(2 / n))


def test_waves_are_turned_as_cosines_say():
    rng = generator()
    w, a, p = rng.uniform(0, 3, (5, 3)), rng.normal(size=(5, 3)), rng.uniform(0, 6, (5, 3))
    expected = [(a * np.cos(w * t + p)).sum(axis=0) for t in range(300)]
    # Each doubling adds a rounding.
    np.testing.assert_allclose(gaussian.waves(w, a, p, 300), expected, rtol=0, atol=1e-10)


def test_intermittent_demand_is_whole_and_zero_in_most_steps():
    x = counts.intermittent(generator(), request(3000, 100))
    assert (x >= 0.0).all()
    assert (x == np.round(x)).all()
    shares = (x == 0.0).mean(axis=0)
    assert np.median(shares) > 0.7
    assert np.quantile(shares, 0.02) > 0.1


@pytest.mark.parametrize("period", [2, 4, 7, 12, 24, 52])
def test_a_pattern_has_its_period_and_no_shorter_one(period):
    pattern = seasons.draw_patterns(generator(), np.full(400, period))
    np.testing.assert_allclose(pattern.mean(axis=0), 0.0, atol=1e-12)  # roundings of a mean
    np.testing.assert_allclose(pattern.std(axis=0), 1.0, rtol=1e-12)
    x = seasons.repeated(pattern, np.full(400, period), 5 * period)
    np.testing.assert_array_equal(x[period:], x[:-period])
    for lag in range(1, period):
        same = np.isclose(x[lag:], x[:-lag]).all(axis=0)
        assert same.mean() < 0.2  # harmonics of even number alone have half the period


def test_series_of_periods_unlike_each_other_have_the_seasons_of_their_own():
    periods = np.array([1, 4, 12, 7])
    pattern = seasons.draw_patterns(generator(), periods)
    assert not pattern[:, 0].any()
    x = seasons.repeated(pattern, periods, 36)
    for i, period in enumerate(periods):
        np.testing.assert_array_equal(x[period:, i], x[:-period, i])


def test_a_season_is_found_in_what_is_made_at_the_period_asked():
    stream = SeriesStream(96, {("hourly", 24): 1.0}, families="mean_reverting", chunk_size=400)
    x = stream.chunk(0).values.astype(float)
    x = x - x.mean(axis=1, keepdims=True)
    scores = {
        lag: np.median((x[:, lag:] * x[:, :-lag]).mean(axis=1) / (x**2).mean(axis=1))
        for lag in (11, 17, 24)
    }
    assert scores[24] > 0.5
    assert scores[24] > 0.3 + max(scores[11], scores[17])


def test_shocks_are_of_size_one_and_some_have_heavy_tails():
    z = shocks.draw_shocks(generator(), request(4000, 200, frequency="weekly"))
    deviation = z.std(axis=0)
    assert np.median(deviation) == pytest.approx(1.0, abs=0.15)
    kurtosis = (z**4).mean(axis=0) / (z**2).mean(axis=0) ** 2
    assert np.median(kurtosis) < 6.0
    assert np.quantile(kurtosis, 0.9) > 8.0


# Sums, aggregates, units.


def counting(rng, asked):
    return np.broadcast_to(asked.steps(), asked.shape).copy()


def test_an_aggregate_is_the_mean_of_finer_steps_or_the_last_of_them():
    x = combining.aggregates_of([counting])(generator(), request(60, 5))
    kinds = set()
    for column in x.T:
        step = column[1] - column[0]
        assert step in (2.0, 3.0, 4.0)
        kinds.add((step, column[0]))
        assert column[0] in ((step - 1.0) / 2.0, step - 1.0)
        np.testing.assert_allclose(np.diff(column), step)
    assert len(kinds) == 6


def test_a_convex_sum_of_equal_paths_is_the_path():
    x = combining.sums_of([counting, counting])(generator(), request(5, 8))
    np.testing.assert_allclose(x, np.tile(np.arange(8.0)[:, None], 5), rtol=1e-12)


def test_units_are_the_mean_change_over_the_length_that_is_kept():
    x = np.array([[0.0, 5.0], [2.0, 5.0], [1.0, 5.0], [100.0, 5.0]])
    asked = Request(4, np.array([3, 4]), np.ones(2, int), np.zeros(2, int))
    np.testing.assert_array_equal(mean_change(x, asked), [1.5, 1.0])
    np.testing.assert_array_equal(in_own_changes(x, asked)[:3, 0], [0.0, 2 / 1.5, 1 / 1.5])


def test_weights_are_probabilities_of_each_frequency():
    weights = weights_of(None)
    assert weights.shape == (UNKNOWN, len(FAMILIES))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    # A mixture is told in hundredths, about.
    some = weights_of(["arma", "cycle"])
    ratio = some[:, FAMILIES.index("arma")] / some[:, FAMILIES.index("cycle")]
    whole = weights[:, FAMILIES.index("arma")] / weights[:, FAMILIES.index("cycle")]
    np.testing.assert_allclose(ratio, whole)
