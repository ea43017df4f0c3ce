"""Networks that read series whole: training, gradients, states, forecasts."""

from dataclasses import replace

import numpy as np
import pytest

from tsrnn._input.sequences import Sequences
from tsrnn.causal.losses import CausalLoss
from tsrnn.causal.network import CausalNetwork, CausalSpec
from tsrnn.causal.readings import Reading, SeriesBatch, Stretches
from tsrnn.causal.training import Course, Panel, Stream, train

LEVELS = (0.1, 0.5, 0.9)
HORIZON = 3


def spec_of(cell="gru", **changes):
    spec = CausalSpec(Reading(HORIZON, 4, 3), LEVELS, cell, (5, 4))
    return replace(spec, **changes)


def panel_of(n_series=12, seed=0, share_missing=0.05):
    random = np.random.default_rng(seed)
    series = []
    for n in random.integers(6, 40, n_series):
        y = 30.0 + np.cumsum(random.normal(size=n)) + 4.0 * np.sin(np.pi * np.arange(n) / 2.0)
        y[random.random(n) < share_missing] = np.nan
        series.append(y)
    return SeriesBatch.of(series, 4)


def random_network(cell="gru", seed=1):
    spec = spec_of(cell)
    random = np.random.default_rng(seed)
    return CausalNetwork(
        spec, random.normal(0.0, 0.3, spec.architecture.n_parameters).astype(np.float32)
    )


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_gradient_of_all_steps_is_the_derivative_of_their_loss(cell):
    spec, series = spec_of(cell), panel_of(5)
    read = spec.reading.read(Stretches.of(series), has_targets=True, dtype=float)
    sequences = Sequences(read.inputs, read.offsets)
    random = np.random.default_rng(2)
    theta = random.normal(0.0, 0.3, spec.architecture.n_parameters)
    loss, weights = CausalLoss(LEVELS, 1.0, 0.5, 0.01), random.uniform(0.5, 2.0, 5)
    with spec.engine() as engine:

        def value(theta):
            outputs = engine.predict(theta, sequences)
            of_steps = np.repeat(weights, series.lengths)
            return loss.value_and_gradient(outputs, read.targets, of_steps)[0]

        found, gradient = engine.loss_and_gradient(
            theta, sequences, np.arange(5), read.targets, weights, loss
        )
        assert found == pytest.approx(value(theta), rel=1e-12)
        for _ in range(4):
            way = random.normal(size=theta.size)
            slope = (value(theta + 1e-5 * way) - value(theta - 1e-5 * way)) / 2e-5
            # Central differences, which kinks that are crossed make no better than this.
            assert gradient @ way == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_update_costs_the_new_steps_alone_and_comes_to_the_same_state(cell):
    network, series = random_network(cell), panel_of(4)
    whole = network.read(series)
    lengths = np.maximum(series.lengths - np.array([1, 0, 7, 3]), 0)
    first = SeriesBatch.of(
        [series.values[a : a + n] for a, n in zip(series.offsets, lengths, strict=False)], 4
    )
    state = network.read(first)
    for k in range(7):  # a step at a time, none of some series
        parts = [
            series.values[a + n + k : min(a + n + k + 1, b)]
            for a, n, b in zip(series.offsets, lengths, series.offsets[1:], strict=False)
        ]
        rest = SeriesBatch.of(parts, 4)
        before = state
        state = state.advance(rest.values, rest.offsets)
        assert before.reading.ring is not state.reading.ring
    # Sequences in other lanes and of other lengths: products in another order.
    np.testing.assert_allclose(state.outputs, whole.outputs, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(state.forecast(7), whole.forecast(7), rtol=1e-4)
    np.testing.assert_array_equal(state.reading.numbers, whole.reading.numbers)


def test_a_series_is_forecast_as_if_it_were_alone():
    network, series = random_network("lstm"), panel_of(6)
    together = network.read(series).forecast(5)
    for i in range(6):
        alone = network.read(series.take(np.array([i]))).forecast(5)
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-4)
    taken = network.read(series).take(np.array([4, 1])).forecast(5)
    np.testing.assert_allclose(taken, together[[4, 1]], rtol=1e-6)


def test_one_step_forecasts_along_series_are_those_of_states_at_each_step():
    network, series = random_network(), panel_of(3)
    state, ahead = network.along(series)
    np.testing.assert_allclose(state.outputs, network.read(series).outputs, rtol=1e-5, atol=1e-6)
    a, b = series.offsets[1:3]
    own = network.begin(np.array([4]))
    for t, value in enumerate(series.values[a:b]):
        np.testing.assert_allclose(ahead[a + t], own.within()[0, 0], rtol=1e-4)
        own = own.advance(np.array([value]), np.array([0, 1]))


def test_quantiles_do_not_cross_and_medians_begin_at_the_seasonal_naive_forecast():
    series = panel_of(8)
    forecast = random_network().read(series).forecast(11)
    assert np.isfinite(forecast).all() and (np.diff(forecast, axis=2) > 0.0).all()
    spec = spec_of()
    untrained = CausalNetwork(spec, spec.initial(0)).read(series)
    np.testing.assert_array_equal(
        untrained.forecast(HORIZON)[:, :, 1], spec.reading.anchors(untrained.reading)
    )


@pytest.mark.parametrize("scale", [1e-150, 1e-3, 1e150])
def test_forecasts_are_in_the_unit_of_the_series(scale):
    network, series = random_network(), panel_of(4)
    forecast = network.read(series).forecast(8)
    scaled = network.read(replace(series, values=scale * series.values)).forecast(8)
    np.testing.assert_allclose(scaled, scale * forecast, rtol=1e-6)


def test_a_constant_goes_on_and_what_has_not_begun_is_not_forecast():
    network = random_network()
    series = SeriesBatch.of([np.full(9, 7.0), np.full(5, np.nan), np.array([3.0])], 4)
    forecast = network.read(series).forecast(6)
    assert (forecast[0] == 7.0).all() and (forecast[2] == 3.0).all()
    assert np.isnan(forecast[1]).all()


def losses_of(n_jobs, seed=0, longest=None, average=None):
    spec, series = spec_of(), panel_of(30)
    source = Panel.of(spec.reading, series, longest, n_warm=2)
    course = Course(6, 8, 0.01, average=average)
    return train(spec, source, course, CausalLoss(LEVELS), seed=seed, n_jobs=n_jobs)


def test_training_learns_has_the_same_bits_for_any_number_of_threads_and_a_seed():
    one, two, other = losses_of(1), losses_of(2), losses_of(1, seed=1)
    np.testing.assert_array_equal(one.theta, two.theta)
    assert one.history == two.history
    assert (one.theta != other.theta).any()
    assert one.history["loss"][-1] < 0.95 * one.history["loss"][0]


def test_averaged_weights_are_others_than_the_last_ones():
    last, average = losses_of(1), losses_of(1, average=0.9)
    assert (last.theta != average.theta).any()
    np.testing.assert_allclose(last.history["loss"], average.history["loss"])


def test_pieces_cover_every_step_once_besides_those_they_warm_up_by():
    spec, series = spec_of(), panel_of(9)
    whole = Panel.of(spec.reading, series)
    cut = Panel.of(spec.reading, series, longest=5, n_warm=3)
    assert cut.n_samples > whole.n_samples == 9
    of_whole, of_cut = (
        each.gather(np.arange(each.n_samples)).targets[:, :HORIZON] for each in (whole, cut)
    )
    trained = of_cut[~np.isnan(of_cut).all(axis=1)]
    np.testing.assert_array_equal(trained, of_whole[~np.isnan(of_whole).all(axis=1)])


def test_a_stream_draws_new_series_for_every_batch():
    spec, drawn = spec_of(), []

    def draw(n):
        drawn.append(n)
        return panel_of(n, seed=len(drawn), share_missing=0.0)

    training = train(spec, Stream(spec.reading, draw, 20), Course(2, 8, 0.01), CausalLoss(LEVELS))
    assert drawn[:6] == [8, 8, 4, 8, 8, 4]
    assert np.isfinite(training.theta).all()


def test_training_ends_where_it_is_stopped():
    spec = spec_of()
    with pytest.raises(KeyboardInterrupt):
        train(
            spec,
            Panel.of(spec.reading, panel_of()),
            Course(2, 8),
            CausalLoss(LEVELS),
            stop=np.ones(1, np.int8),
        )
