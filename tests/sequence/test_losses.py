"""Losses of sequence regressors: what they learn, quantiles, missing targets, context."""

import warnings
from dataclasses import dataclass

import naive
import numpy as np
import pandas as pd
import pytest
from cases import relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from scipy.special import huber
from sequence_data import matrix, means, ragged, running_means
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    d2_absolute_error_score,
    d2_pinball_score,
    d2_tweedie_score,
    r2_score,
)

from tsrnn import DenseWindowRegressor, ElmanRNNRegressor, GRURegressor
from tsrnn._input.sequences import read_sequences
from tsrnn._optim.losses import (
    AbsoluteErrorLoss,
    HuberLoss,
    NumberLoss,
    PoissonLoss,
    QuantileLoss,
    SquaredErrorLoss,
    total,
)
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.number_targets import Numbers
from tsrnn.sequence.objective import NetworkObjective
from tsrnn.sequence.repeated import repeated_predictions
from tsrnn.sequence.samples import Samples

# What the design asks of a gradient against central differences.
CENTRAL = 1e-6

THREE = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class RelativeErrorLoss(NumberLoss):
    """Absolute errors over the level of each window, the last column of its targets."""

    n_context = 1

    def value_and_gradient(self, outputs, targets, weights):
        y, (level,), shares = self.parted(outputs, targets, weights)
        errors = (outputs - y) / level
        return total(shares * np.abs(errors)), shares * np.sign(errors) / level


LOSSES = {
    "squared": SquaredErrorLoss(),
    "absolute": AbsoluteErrorLoss(),
    "huber": HuberLoss(0.5),
    "poisson": PoissonLoss(),
    "quantile": QuantileLoss((0.8,)),
    "quantiles": QuantileLoss((0.2, 0.45, 0.9)),
    "context": RelativeErrorLoss(),
}

# What chooses a loss, by a name for it.
ARGUMENTS = {
    "absolute": {"loss": "absolute_error"},
    "huber": {"loss": "huber", "huber_delta": 0.3},
    "poisson": {"loss": "poisson"},
    "quantile": {"loss": "quantile", "quantiles": 0.8},
    "quantiles": {"loss": "quantile", "quantiles": THREE},
}
every_loss = pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)

QUICK = {"hidden_layer_sizes": 3, "batch_size": 32, "max_iter": 3, "random_state": 0}


def quickly(kind=GRURegressor, **arguments):
    return kind(**(QUICK | arguments))


@pytest.fixture(autouse=True)
def _short_trainings_may_end_early():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def counts(n=60, *shape):
    return np.random.default_rng(3).poisson(2.0, (n, *shape)).astype(float)


@pytest.mark.parametrize("by_step", [False, True])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_networks_gradient_is_that_of_central_differences(loss, by_step):
    """Ragged sequences of two features, two targets, some missing, and weights."""
    X = ragged(7, 2)
    sequences = read_sequences(GRURegressor(), X, reset=True)
    n_rows = sequences.n_steps if by_step else sequences.n_sequences
    targets = counts(n_rows, 2) + 0.5
    targets[1], targets[3, 0] = np.nan, np.nan
    targets = np.hstack([targets, np.ones((n_rows, loss.n_context))])
    targets[:, 2:] *= 1.5 + np.arange(n_rows)[:, None]
    weights = np.linspace(0.5, 2.0, 7)
    network = Architecture("gru", 2, (2,), loss.n_outputs(2))
    theta = network.initial(np.random.RandomState(0)) * 1.3
    samples = Samples(sequences, targets, weights, by_step)
    with Engine(network, return_sequences=by_step) as engine:
        objective = NetworkObjective(engine, samples, Numbers(np.zeros(2), np.ones(2), loss))
        rows = np.array([5, 0, 1, 3, 6])
        _, gradient = objective.loss_and_gradient(theta, rows)
        expected = naive.central_differences(lambda point: objective.loss(point, rows), theta)
    assert relative_error(gradient, expected) <= CENTRAL


def test_of_sequences_that_are_alike_the_prediction_is_the_best_constant():
    """The median, the quantiles and the mean of skewed targets, however they spread."""
    y = 100.0 * np.random.default_rng(0).exponential(size=400)
    X = np.ones((400, 2))
    trained = {"max_iter": 150, "batch_size": 400, "learning_rate": "cosine", "l2": 0.0}
    trained |= {"learning_rate_init": 0.05, "n_jobs": 1}
    expected = {"absolute": np.median(y), "quantile": np.quantile(y, 0.8), "poisson": y.mean()}
    for name, value in expected.items():
        model = quickly(**(trained | ARGUMENTS[name])).fit(X, y)
        # A hundredth of what the targets spread by: steps of the last epochs are smaller.
        assert model.predict(X[:1])[0] == pytest.approx(value, abs=0.01 * y.std())
    model = quickly(**(trained | ARGUMENTS["quantiles"])).fit(X, y)
    np.testing.assert_allclose(
        model.predict_quantiles(X[:1])[0], np.quantile(y, THREE), atol=0.02 * y.std()
    )


def test_a_wild_value_bends_means_and_hardly_medians():
    X = matrix(200)
    y = means(X)
    wild = y.copy()
    wild[::20] = 1e4
    errors = {}
    for loss in ("squared_error", "huber", "absolute_error"):
        model = quickly(loss=loss, max_iter=60, learning_rate_init=0.02).fit(X, wild)
        errors[loss] = np.sqrt(np.mean((model.predict(X) - y) ** 2))
    assert errors["absolute_error"] < 0.5 * y.std()
    assert errors["huber"] < 0.5 * y.std()
    assert errors["squared_error"] > 10.0 * y.std()


def test_quantiles_of_noise_that_widens_hold_their_shares():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(3000, 3))
    y = X[:, 0] + (0.1 + X[:, 2]) * rng.normal(size=3000)
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    trained = {"max_iter": 12, "learning_rate": "cosine", "learning_rate_init": 0.03}
    model = quickly(loss="quantile", quantiles=levels, hidden_layer_sizes=8, **trained)
    made = model.fit(X[:2000], y[:2000]).predict_quantiles(X[2000:])
    held = (y[2000:, None] <= made).mean(axis=0)
    # Three standard deviations of a share of a thousand, and a hundredth for what training leaves.
    np.testing.assert_allclose(held, levels, atol=0.05)
    width = made[:, -1] - made[:, 0]
    assert np.corrcoef(width, X[2000:, 2])[0, 1] > 0.9


@given(
    outputs=arrays(
        np.float32,
        (4, 10),
        elements=st.floats(-1e4, 1e4, width=32) | st.sampled_from([0.0, -1e30, 1e30, 3e-39]),
    ),
    asked=st.lists(st.floats(0.02, 0.97), min_size=1, max_size=6),
    spread=st.floats(1e-3, 1e3),
    center=st.floats(-1e6, 1e6),
)
@settings(max_examples=60, deadline=None)
def test_quantiles_never_cross_whatever_the_network_says(outputs, asked, spread, center):
    """Nor in single precision, nor those between, nor once they are in the targets' units."""
    loss = QuantileLoss((0.02, 0.2, 0.5, 0.51, 0.97))
    targets = Numbers(np.full(2, center), np.full(2, spread), loss)
    levels = tuple(sorted({*loss.levels, *asked}))
    made = targets.quantiles(outputs, levels)
    assert made.dtype == np.float32
    assert (np.diff(made, axis=2) >= 0.0).all()


def test_outputs_of_zero_are_quantiles_of_a_standard_normal_distribution():
    from scipy.stats import norm

    loss = QuantileLoss((0.05, 0.3, 0.6, 0.99))
    made = loss.quantiles(np.zeros((1, 4)))[0, 0]
    # The level next to the middle is the output, 0, and the others are as far from it as there.
    np.testing.assert_allclose(made, norm.ppf(loss.levels) - norm.ppf(0.6), rtol=1e-12)
    between = loss.between(made[None, None], (0.1, 0.8))[0, 0]
    np.testing.assert_allclose(between, norm.ppf([0.1, 0.8]) - norm.ppf(0.6), rtol=1e-12)


def test_predictions_are_medians_or_what_is_next_to_them():
    X, y = matrix(), means(matrix())
    model = quickly(**ARGUMENTS["quantiles"]).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), model.predict_quantiles(X)[:, 1])
    np.testing.assert_array_equal(model.predict(X), model.predict_quantiles(X, 0.5))
    np.testing.assert_array_equal(model.quantiles_, THREE)
    around = quickly(loss="quantile", quantiles=(0.2, 0.9)).fit(X, y)
    np.testing.assert_array_equal(around.predict(X), around.predict_quantiles(X, 0.5))
    low, middle, high = around.predict_quantiles(X, (0.2, 0.5, 0.9)).T
    assert (low < middle).all() and (middle < high).all()
    above = quickly(loss="quantile", quantiles=(0.7, 0.9)).fit(X, y)
    np.testing.assert_array_equal(above.predict(X), above.predict_quantiles(X, 0.7))


@pytest.mark.parametrize("n_outputs", [0, 1, 2])
def test_quantiles_have_the_shape_of_predictions_and_an_axis_more(n_outputs):
    X = matrix(20)
    y = counts(20, *[n_outputs] * bool(n_outputs))
    model = quickly(**ARGUMENTS["quantiles"]).fit(X, y)
    assert model.predict_quantiles(X).shape == (*y.shape, 3)
    assert model.predict_quantiles(X, [0.9, 0.2]).shape == (*y.shape, 2)
    assert model.predict_quantiles(X, 0.3).shape == y.shape == model.predict(X).shape
    assert model.predict_quantiles(X.astype(np.float32)).dtype == np.float32
    # In any order, each by itself.
    np.testing.assert_array_equal(
        model.predict_quantiles(X, [0.9, 0.2])[..., 1], model.predict_quantiles(X, 0.2)
    )


def test_quantiles_of_every_step_of_ragged_sequences():
    X = ragged(20)
    model = quickly(return_sequences=True, **ARGUMENTS["quantiles"]).fit(X, running_means(X))
    made = model.predict_quantiles(X)
    assert [one.shape for one in made] == [(len(x), 3) for x in X]
    for quantiles, median in zip(made, model.predict(X), strict=True):
        np.testing.assert_array_equal(quantiles[:, 1], median)
    cube = np.zeros((3, 5, 2))
    assert model.predict_quantiles(cube).shape == (3, 5, 3)


def test_levels_that_rounding_tells_from_those_that_were_trained_are_these():
    X, y = matrix(), means(matrix())
    model = quickly(loss="quantile", quantiles=(0.05, 0.3, 0.95)).fit(X, y)
    rounded = ((1.0 - 0.9) / 2.0, 0.1 * 3.0, np.nextafter(0.95, 1.0), np.float32(0.05))
    assert rounded[0] < 0.05 and rounded[1] != 0.3
    made = model.predict_quantiles(X)
    np.testing.assert_array_equal(model.predict_quantiles(X, rounded), made[:, [0, 1, 2, 0]])


def test_levels_that_were_not_trained_are_refused_in_words():
    X, y = matrix(), means(matrix())
    model = quickly(**ARGUMENTS["quantiles"]).fit(X, y)
    with pytest.raises(ValueError, match=r"quantiles\[1\] = 0.95 lies beyond .* 0.1 to 0.9: fit"):
        model.predict_quantiles(X, (0.5, 0.95))
    for wrong in (1.5, [0.5, 0.0], "median", [], [0.5, None]):
        with pytest.raises(InvalidParameterError, match="quantiles"):
            model.predict_quantiles(X, wrong)
    plain = quickly().fit(X, y)
    with pytest.raises(AttributeError) as caught:
        plain.predict_quantiles(X)
    assert "predict_quantiles needs loss='quantile'" in str(caught.value.__cause__)
    assert not hasattr(plain, "predict_quantiles")
    # What was fitted counts, not what the next fit is told.
    assert not hasattr(plain.set_params(loss="quantile"), "predict_quantiles")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "mse"}, "loss must be one of .*absolute_error.*'mse'"),
        ({"loss": None}, "loss must be"),
        ({"quantiles": 0.5}, "quantiles=0.5 are those of loss='quantile'.*'squared_error'"),
        ({"loss": "quantile", "quantiles": 1.0}, r"quantiles must be a number in \(0, 1\)"),
        ({"loss": "quantile", "quantiles": (0.1, True)}, r"quantiles\[1\] must be a number"),
        ({"loss": "quantile", "quantiles": (0.9, 0.1)}, "quantiles must ascend"),
        ({"loss": "quantile", "quantiles": (0.5, 0.5)}, "quantiles must ascend"),
        ({"loss": "quantile", "quantiles": ()}, "quantiles must be"),
        ({"loss": "quantile", "quantiles": "all"}, "quantiles must be"),
        ({"huber_delta": 0.0}, "huber_delta must be"),
        ({"learning_rate": "adaptive"}, "learning_rate must be"),
        ({"warmup_steps": -1}, "warmup_steps must be"),
        ({"warmup_steps": 2.5}, "warmup_steps must be"),
        ({"warmup_steps": 6}, "warmup_steps=6 must be fewer .* 60 sequences are 6"),
        ({"warmup_steps": 2, "solver": "lbfgs"}, "warmup_steps=2 .* mini-batch .*'lbfgs'"),
        ({"learning_rate": "cosine", "solver": "lbfgs"}, "learning_rate='cosine' .* mini-batch"),
        ({"init": "holt", "loss": "poisson"}, "init='holt' .*loss='poisson'"),
    ],
)
def test_arguments_that_are_not_accepted_are_refused_in_words(arguments, message):
    model = quickly(**arguments)
    with pytest.raises(InvalidParameterError, match=message):
        model.fit(matrix(), counts())
    assert "weights_" not in vars(model)


def test_poisson_refuses_what_is_negative_and_names_the_place():
    y = counts()
    y[7] = -2.0
    with pytest.raises(ValueError, match=r"y\[7\] is -2: loss='poisson' takes counts or rates"):
        quickly(loss="poisson").fit(matrix(), y)
    X = ragged(10)
    targets = [np.ones(len(x)) for x in X]
    targets[3][1] = -1.0
    with pytest.raises(ValueError, match=r"y\[3\] at step 1 is -1"):
        quickly(loss="poisson", return_sequences=True).fit(X, targets)


def test_rates_are_learned_in_any_unit_and_of_nothing_but_zeros_are_zero():
    X = np.random.default_rng(0).normal(size=(900, 2))
    rates = np.exp(0.3 + X[:, 1])
    y = np.random.default_rng(1).poisson(rates)
    trained = {"loss": "poisson", "max_iter": 12, "learning_rate_init": 0.05}
    model = quickly(learning_rate="cosine", **trained).fit(X, y)
    assert np.corrcoef(np.log(model.predict(X)), np.log(rates))[0, 1] > 0.98
    larger = quickly(learning_rate="cosine", **trained).fit(X, 1024.0 * y)
    np.testing.assert_allclose(larger.predict(X), 1024.0 * model.predict(X), rtol=1e-9)
    zeros = quickly(**trained).fit(X, 0 * y).predict(X)
    assert not zeros.any()


@every_loss
def test_repeated_sequences_are_sequences_with_weights(arguments):
    X, y = matrix(), counts()
    times = 1 + np.arange(60) % 3
    one = {"batch_size": 1000, **arguments}
    weighted = quickly(**one).fit(X, y, times.astype(float))
    repeated = quickly(**one).fit(X.repeat(times, axis=0), y.repeat(times))
    # Rounding of sums, over three steps.
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-9)


@every_loss
def test_a_constant_is_said_from_the_start(arguments):
    X = matrix()
    for constant in (7.0, 0.0, 7e-9):
        model = quickly(**arguments).fit(X, np.full(60, constant))
        np.testing.assert_allclose(model.predict(X), constant, rtol=1e-12)
        if arguments["loss"] == "quantile":
            made = model.predict_quantiles(X)
            np.testing.assert_allclose(made, constant, rtol=1e-12)


@pytest.mark.parametrize("arguments", [ARGUMENTS["poisson"], ARGUMENTS["quantiles"]])
def test_after_a_constant_batch_others_are_learned(arguments):
    X = matrix()
    y = np.exp(means(X))
    model = quickly(learning_rate_init=0.05, **arguments).partial_fit(X, np.full(60, 1.0))
    for _ in range(60):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.3
    if arguments.get("quantiles") == THREE:
        held = (y[:, None] <= model.predict_quantiles(X)).mean(axis=0)
        assert (np.diff(held) > 0.2).all()


SCORES = {
    "absolute": d2_absolute_error_score,
    "poisson": lambda y, f, **kw: d2_tweedie_score(y, f, power=1, **kw),
}


@pytest.mark.parametrize("name", SCORES)
def test_scores_are_scikit_learns_share_of_the_loss(name):
    X, y = matrix(), counts()
    model = quickly(**ARGUMENTS[name]).fit(X, y)
    expected = SCORES[name](y, model.predict(X))
    assert model.score(X, y) == pytest.approx(expected, rel=1e-12)


def test_the_score_of_a_quantile_is_scikit_learns():
    """Where its quantile is one of the targets, as here: others interpolate."""
    X = matrix(61)
    y = np.random.default_rng(0).normal(size=61)
    model = quickly(loss="quantile", quantiles=0.75).fit(X, y)
    expected = d2_pinball_score(y, model.predict(X), alpha=0.75)
    assert model.score(X, y) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("delta", [0.01, 0.7, 1e6])
def test_the_score_of_hubers_loss_compares_it_with_the_best_constant(delta):
    """Found by a search of its own; of a wide delta that is the mean, and the score is R2."""
    X, y = matrix(), np.exp(2.0 * means(matrix()))
    weights = np.linspace(0.5, 2.0, 60)
    model = quickly(loss="huber", huber_delta=delta).fit(X, y, weights)

    def loss(predictions):
        errors = (predictions - y) / model.target_spread_[0]
        return weights @ huber(delta, errors)

    best = minimize_scalar(loss, (y.min(), np.median(y), y.max())).fun
    score = model.score(X, y, weights)
    # A search that compares losses finds the least one to its last digits.
    assert score == pytest.approx(1.0 - loss(model.predict(X)) / best, abs=1e-9)
    if delta == 1e6:
        assert score == pytest.approx(
            r2_score(y, model.predict(X), sample_weight=weights), abs=1e-9
        )


def test_the_history_has_the_score_of_the_loss():
    X, y = matrix(), counts()
    model = quickly(early_stopping=True, **ARGUMENTS["quantiles"]).fit(X, y)
    assert set(model.history_) == {"loss", "val_loss", "d2", "val_d2"}
    model = quickly(**ARGUMENTS["absolute"]).fit(X, y, X_val=X, y_val=y)
    assert model.history_["val_d2"][-1] == pytest.approx(model.score(X, y), rel=1e-12)
    squared = quickly().fit(X, y, X_val=X, y_val=y)
    assert set(squared.history_) == {"loss", "val_loss", "r2", "val_r2"}


# Missing targets.

every_way = pytest.mark.parametrize(
    "arguments", [{"loss": "squared_error"}, *ARGUMENTS.values()], ids=["squared", *ARGUMENTS]
)


@every_way
def test_a_sequence_without_a_target_is_none(arguments):
    X, y = matrix(), counts()
    holed = y.copy()
    holed[5:20] = np.nan
    left = np.delete(np.arange(60), range(5, 20))
    for more in ({}, {"early_stopping": True}, {"standardize": False}):
        expected = quickly(**arguments, **more).fit(X[left], y[left])
        model = quickly(**arguments, **more).fit(X, holed)
        np.testing.assert_array_equal(model.predict(X), expected.predict(X))
        assert model.history_ == expected.history_
        assert model.score(X, holed) == pytest.approx(expected.score(X[left], y[left]), rel=1e-12)


@every_way
def test_outputs_are_learned_from_the_targets_that_they_have(arguments):
    """Of two outputs that are the same, one of which lacks half of its targets."""
    X = matrix(200, 3)
    y = np.exp(means(X))
    both = np.column_stack([y, y])
    both[::2, 1] = np.nan
    model = quickly(max_iter=40, learning_rate_init=0.05, **arguments).fit(X, both)
    made = model.predict(X)
    assert np.corrcoef(made[:, 0], made[:, 1])[0, 1] > 0.98
    assert model.score(X, both) > 0.5
    np.testing.assert_allclose(model.target_spread_[1], model.target_spread_[0], rtol=0.2)


def test_missing_steps_are_left_out_of_ragged_targets():
    X = ragged(40)
    y = running_means(X)
    holed = [one.copy() for one in y]
    for one in holed:
        one[:2] = np.nan
    holed[3][:] = np.nan
    model = quickly(return_sequences=True).fit(X, holed)
    kept = np.concatenate([one[2:] for i, one in enumerate(y) if i != 3])
    assert model.target_center_[0] == pytest.approx(kept.mean(), rel=1e-12)
    made = np.concatenate([one[2:] for i, one in enumerate(model.predict(X)) if i != 3])
    # Every step counts with the weight of its sequence.
    expected = 1.0 - np.mean((made - kept) ** 2) / kept.var()
    assert model.score(X, holed) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_targets_may_be_written_in_any_way(missing):
    X = matrix()
    y = counts().astype(object)
    y[3] = missing
    expected = quickly().fit(np.delete(X, 3, axis=0), np.delete(y, 3).astype(float))
    for form in (y, list(y), pd.Series(y)):
        np.testing.assert_array_equal(quickly().fit(X, form).predict(X), expected.predict(X))


def test_targets_that_are_missing_altogether_are_refused_in_words():
    X, y = matrix(), counts(60, 2)
    with pytest.raises(ValueError, match="y has no target: all of weight above zero are NaN"):
        quickly().fit(X, np.full(60, np.nan))
    weights = np.ones(60)
    weights[:30], y[30:] = 0.0, np.nan
    with pytest.raises(ValueError, match="y has no target"):
        quickly().fit(X, y, weights)
    y = counts(60, 2)
    y[:, 1] = np.nan
    with pytest.raises(ValueError, match="y has no target of output 1: all are NaN"):
        quickly().fit(X, y)
    y[0, 0] = np.inf
    with pytest.raises(ValueError, match=r"y\[0\] contains infinity, output 0"):
        quickly().fit(X, y)
    model = quickly().fit(X, counts())
    with pytest.raises(ValueError, match="y_val has no target"):
        quickly().fit(X, counts(), X_val=X, y_val=np.full(60, np.nan))
    with pytest.raises(ValueError, match="y has no target"):
        model.score(X, np.full(60, np.nan))


@every_loss
@pytest.mark.parametrize("n_columns", [1, 3])
def test_targets_of_another_number_than_at_fit_are_refused(arguments, n_columns):
    """Not repeated to that number, as arrays are."""
    X, y = matrix(), counts(60, 2)
    model = quickly(**arguments).fit(X, y)
    other = counts(60, n_columns) if n_columns > 1 else counts()
    words = f"number of output|y must have as many columns as .* at fit, 2, got {n_columns}"
    for way in (model.score, model.partial_fit, model.gradient_norms):
        with pytest.raises(ValueError, match=words):
            way(X, other)
    with pytest.raises(ValueError, match=f"y_val must have as many columns .* 2, got {n_columns}"):
        quickly(**arguments).fit(X, y, X_val=X, y_val=other)


@pytest.mark.parametrize("kind", [GRURegressor, DenseWindowRegressor])
def test_a_rate_beyond_all_numbers_is_told(kind):
    X, y = matrix(), counts()
    model = quickly(kind, loss="poisson").fit(X, y)
    model.weights_["b_y"] += 800.0
    with pytest.warns(RuntimeWarning, match="prediction is beyond the range of float64"):
        assert (model.predict(X) == np.inf).all()
    with (
        repeated_predictions(model) as predict,
        pytest.warns(RuntimeWarning, match="not finite: it explodes"),
    ):
        predict(X.astype(np.float32))


def test_batches_that_lack_an_output_train_the_other():
    X, y = matrix(), counts(60, 2)
    model = quickly(standardize=False).partial_fit(X, y)
    before = {name: weight.copy() for name, weight in model.weights_.items()}
    y[:, 1] = np.nan
    model.set_params(l2=0.0, solver="sgd", momentum=0.0).partial_fit(X, y)
    np.testing.assert_array_equal(model.weights_["W_yh"][1], before["W_yh"][1])
    assert (model.weights_["W_yh"][0] != before["W_yh"][0]).all()


def test_holts_start_is_made_of_the_windows_whose_targets_are_whole():
    y = np.cumsum(np.random.default_rng(0).normal(size=80))
    windows = np.lib.stride_tricks.sliding_window_view(y, 8)
    X, targets = windows[:, :6], windows[:, 6:].copy()
    arguments = {"init": "holt", "max_iter": 1, "learning_rate_init": 1e-9, "standardize": False}
    targets[40:, 1] = np.nan
    model = quickly(**arguments).fit(X, targets)
    expected = quickly(**arguments).fit(X[:40], targets[:40])
    np.testing.assert_allclose(model.predict(X), expected.predict(X), atol=1e-6)
    targets[:, 1] = np.where(np.isnan(targets[:, 1]), 1.0, np.nan)
    targets[40:, 0] = np.nan
    with pytest.raises(InvalidParameterError, match="init='holt' needs a sequence at least"):
        quickly(**arguments).fit(X, targets)


# Context of a loss.


def test_context_goes_wherever_its_targets_go():
    """A row of level k pulls like one of level 1 with a weight of 1/k, in any order."""
    X, levels = matrix(), 1.0 + np.arange(60) % 4
    y = counts(60, 1)
    one = {"loss": RelativeErrorLoss(), "batch_size": 16}
    for more in ({}, {"early_stopping": True, "validation_fraction": 0.3}):
        model = quickly(**one, **more).fit(X, np.column_stack([y, levels]))
        shuffled = np.random.default_rng(1).permutation(60)
        again = clone(model).fit(X[shuffled], np.column_stack([y, levels])[shuffled])
        np.testing.assert_array_equal(model.predict(X), again.predict(X))
        assert model.predict(X).shape == (60, 1)
    # All in one batch, in which shares of all weights are the same but for their sum.
    one |= {"batch_size": 1000, "l2": 0.0, "clip_norm": None, "standardize": False}
    by_level = quickly(**one).fit(X, np.column_stack([y, levels]))
    plain = quickly(**(one | {"loss": "absolute_error"})).fit(X, y, 1.0 / levels)
    # Adam's steps do not hang on the unit of the loss, but for its epsilon.
    np.testing.assert_allclose(by_level.predict(X), plain.predict(X), rtol=1e-4)


def test_context_of_steps_and_of_validation():
    X = ragged(30)
    y = [np.column_stack([one, np.full(len(one), 2.0)]) for one in running_means(X)]
    model = quickly(loss=RelativeErrorLoss(), return_sequences=True)
    model.fit(X, y, X_val=X, y_val=y)
    made, known = np.concatenate(model.predict(X)), np.concatenate(y)
    # The mean over steps of |error| / 2.
    expected = np.abs(made - known[:, :1]).mean() / 2.0
    assert model.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-9)
    assert model.score(X, y) == model.history_["val_d2"][-1]


def test_context_must_be_there_and_finite():
    loss = RelativeErrorLoss()
    with pytest.raises(ValueError, match=r"y must have the targets in its first columns"):
        quickly(loss=loss).fit(matrix(), counts())
    y = np.column_stack([counts(), np.ones(60)])
    y[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"y\[4\], output 1 is nan: .* takes finite numbers"):
        quickly(loss=loss).fit(matrix(), y)


# Going on, and the ways of weights out.


@every_loss
def test_training_in_pieces_is_training(arguments):
    X, y = matrix(), counts()
    model = quickly(**arguments, warm_start=True).fit(X, y)
    before = model.predict(X)
    model.fit(X, y)
    assert model.n_iter_ == 6 and (model.predict(X) != before).any()
    model.partial_fit(X, y)
    assert model.n_iter_ == 7
    again = clone(model)
    for _ in range(4):
        again.partial_fit(X, y)
    assert np.isfinite(again.predict(X)).all()


def test_training_goes_on_under_another_loss_where_outputs_mean_the_same():
    X, y = matrix(), counts()
    model = quickly(warm_start=True).fit(X, y)
    model.set_params(loss="absolute_error").fit(X, y)
    assert model.n_iter_ == 6
    before = model.predict(X)
    for other in ({"loss": "poisson"}, {"loss": "quantile"}):
        with pytest.raises(ValueError, match=r"training cannot go on: .*loss='(poisson|quantile)'"):
            model.set_params(**other).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), before)


def test_plain_heads_go_out_and_others_are_named():
    X, y = matrix(), counts()
    for arguments in ({"loss": "absolute_error"}, ARGUMENTS["huber"], ARGUMENTS["quantile"]):
        model = quickly(ElmanRNNRegressor, **arguments).fit(X, y)
        rnn = model.to_rnn()
        made = [rnn.run(x[:, None])[-1, 0] for x in X[:5]]
        np.testing.assert_allclose(made, model.predict(X[:5]), rtol=1e-10)
        back = ElmanRNNRegressor.from_torch_weights(model.to_torch_weights(), **arguments)
        np.testing.assert_allclose(back.predict(X), model.predict(X), rtol=1e-10)
    parts = {"poisson": "an exponential", "quantiles": "sums of distances between 3 quantiles"}
    for name, part in parts.items():
        model = quickly(ElmanRNNRegressor, **ARGUMENTS[name]).fit(X, y)
        for way in (model.to_rnn, model.to_keras_weights, model.to_torch_weights):
            with pytest.raises(TypeError, match=part):
                way()
        weights = quickly(ElmanRNNRegressor).fit(X, y).to_torch_weights()
        with pytest.raises(InvalidParameterError, match="weights of other libraries .*loss="):
            ElmanRNNRegressor.from_torch_weights(weights, **ARGUMENTS[name])


@every_loss
def test_single_precision_stays_single(arguments):
    X, y = matrix().astype(np.float32), counts().astype(np.float32)
    model = quickly(**arguments).fit(X, y)
    assert model.weights_["b_y"].dtype == model.predict(X).dtype == np.float32
    double = quickly(**arguments).fit(X.astype(float), y.astype(float))
    # Three steps of Adam, whose first go by the sign of the gradient.
    np.testing.assert_allclose(model.predict(X), double.predict(X), rtol=1e-3)


@every_loss
def test_results_are_the_same_whatever_the_number_of_threads(arguments):
    X, y = matrix(200), counts(200)
    made = [quickly(n_jobs=n, **arguments).fit(X, y).predict(X) for n in (1, 2)]
    np.testing.assert_array_equal(*made)
