"""Weights of sequence estimators: as an explicit network, to and from other frameworks, counted."""

import numpy as np
import pytest
from sequence_data import (
    CLASSIFIERS,
    ESTIMATORS,
    QUICK,
    cube,
    having,
    labels,
    matrix,
    means,
    ragged,
    running_means,
    target_for,
    uneven,
)

from tsrnn import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)

LAYOUTS = {
    "one layer": {},
    "two layers": {"hidden_layer_sizes": (4, 3)},
    "both ways": {"bidirectional": True},
    "two layers both ways": {"hidden_layer_sizes": (4, 4), "bidirectional": True},
}

every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def shifted(seed=0):
    """Sequences whose features have units of their own, for the standardisation to matter."""
    return cube(seed=seed) * [10.0, 0.1] + [100.0, -3.0]


# As an explicit network.


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
@pytest.mark.parametrize("by_step", [False, True])
def test_an_elman_regressor_is_an_explicit_network(activation, by_step):
    X = shifted()
    y = running_means(X) if by_step else np.stack([means(X), 5.0 * means(X) + 1.0], axis=1)
    model = ElmanRNNRegressor(**QUICK, activation=activation, return_sequences=by_step).fit(X, y)
    outputs = model.to_rnn().run(X)
    outputs = outputs[:, :, 0] if by_step else outputs[:, -1]
    # Standardised before the product or within it: roundings of 100.
    np.testing.assert_allclose(outputs, model.predict(X), rtol=1e-9)


def test_an_elman_classifier_of_two_labels_is_one_that_gives_a_probability():
    X = shifted()
    model = ElmanRNNClassifier(**QUICK).fit(X, labels(cube()))
    probabilities = model.to_rnn().run(X)[:, -1, 0]
    np.testing.assert_allclose(probabilities, model.predict_proba(X)[:, 1], rtol=1e-9)


@pytest.mark.parametrize("by_step", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_elman_classifier_of_three_labels_is_one_with_a_softmax(activation, by_step):
    X = shifted()
    y = np.digitize(running_means(cube()) if by_step else means(cube()), [-0.2, 0.2])
    model = ElmanRNNClassifier(**QUICK, activation=activation, return_sequences=by_step).fit(X, y)
    probabilities = model.to_rnn().run(X)
    assert probabilities.shape[-1] == 3
    probabilities = probabilities if by_step else probabilities[:, -1]
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("model", "part"),
    [
        (GRURegressor(**QUICK), "GRU"),
        (LSTMClassifier(**QUICK), "LSTM"),
        (ElmanRNNRegressor(**QUICK | {"hidden_layer_sizes": (3, 2)}), "2 layers"),
        (ElmanRNNRegressor(**QUICK, bidirectional=True), "both ways"),
    ],
)
def test_what_has_no_place_in_an_explicit_network_is_named(model, part):
    X = matrix()
    model.fit(X, target_for(model, X))
    with pytest.raises(TypeError, match=part):
        model.to_rnn()


# To other frameworks and back.


@pytest.mark.parametrize("kind", having(ESTIMATORS, "bidirectional", "return_sequences"))
@every_layout
@pytest.mark.parametrize("framework", ["keras", "torch"])
@pytest.mark.parametrize("by_step", [False, True])
def test_an_estimator_comes_back_from_a_framework_as_it_went(kind, layout, framework, by_step):
    """In the units of the data: it was trained standardised, and comes back without."""
    X = shifted()
    y = running_means(X) if by_step else means(X)
    y = np.digitize(y, np.quantile(y, [0.3, 0.6])) if kind in CLASSIFIERS else y
    settings = QUICK | {"return_sequences": by_step} | LAYOUTS[layout]
    model = kind(**settings).fit(X, y)
    weights = getattr(model, f"to_{framework}_weights")()
    other = getattr(kind, f"from_{framework}_weights")(weights, return_sequences=by_step)
    method = "predict_proba" if kind in CLASSIFIERS else "predict"
    # Standardised before the product or within it: roundings of 100.
    np.testing.assert_allclose(
        getattr(other, method)(X), getattr(model, method)(X), rtol=1e-7, atol=1e-9
    )
    assert other.get_params()["bidirectional"] == model.bidirectional
    assert other.n_features_in_ == 2
    assert np.isfinite(other.partial_fit(X, y).loss_curve_).all()


# Labels.


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_softmax_of_two_becomes_a_logistic_function(kind):
    X = cube()
    model = kind(**QUICK).fit(X, labels(X))
    *layers, kernel, bias = model.to_keras_weights()
    assert kernel.shape == (6, 1)
    softmax = [*layers, np.concatenate([-0.5 * kernel, 0.5 * kernel], axis=1), bias * [-0.5, 0.5]]
    other = kind.from_keras_weights(softmax, classes=["high", "low"])
    np.testing.assert_array_equal(other.classes_, ["high", "low"])
    # The same sums by other roundings.
    np.testing.assert_allclose(other.predict_proba(X), model.predict_proba(X), rtol=1e-9)
    np.testing.assert_array_equal(kind.from_keras_weights(softmax).classes_, [0, 1])
    for classes in (["low", "high"], ["a", "b", "c"], ["a", "a"]):
        with pytest.raises(ValueError, match="2 labels in ascending order"):
            kind.from_keras_weights(softmax, classes=classes)


# What there is.


def test_the_weights_of_a_layer_have_the_documented_names_and_shapes():
    X = cube()
    shapes = {
        ElmanRNNRegressor: {"W_hx": (6, 2), "W_hh": (6, 6), "b_h": (6,)},
        GRURegressor: {"W_hx": (18, 2), "W_hh": (18, 6), "b_h": (18,), "b_hn": (6,)},
        LSTMRegressor: {"W_hx": (24, 2), "W_hh": (24, 6), "b_h": (24,)},
    }
    for kind, expected in shapes.items():
        weights = kind(**QUICK).fit(X, means(X)).weights_
        found = {name: array.shape for name, array in weights.items()}
        assert found == expected | {"W_yh": (1, 6), "b_y": (1,)}
    weights = GRURegressor(**QUICK | LAYOUTS["two layers both ways"]).fit(X, means(X)).weights_
    assert weights["W_hx_l0_reverse"].shape == (12, 2)
    assert weights["W_hx_l1"].shape == (12, 8)
    assert weights["W_yh"].shape == (1, 8)


@pytest.mark.parametrize(
    ("kind", "layout"),
    [(kind, name) for name, layout in LAYOUTS.items() for kind in having(ESTIMATORS, *layout)],
)
def test_a_summary_counts_the_parameters(kind, layout):
    X = uneven(kind)
    model = kind(**QUICK | LAYOUTS[layout]).fit(X, target_for(kind, X))
    *_, total = model.summary().split()
    assert int(total) == sum(array.size for array in model.weights_.values())
    assert kind.__name__ in model.summary()
    counts = [int(line.split()[-1]) for line in model.summary().splitlines()[2:]]
    assert sum(counts[:-1]) == counts[-1]


# Gradients by lag.


def naive_gradient_norms(model, X, y):
    """The same by differences: a small push to the state k steps before the end, by hand."""
    network = model.to_rnn()
    squares = np.zeros(X.shape[1])
    for x, target in zip(X, y, strict=True):
        states, _ = network.run(x, return_states=True)[::-1]
        for lag in range(len(x)):
            for unit in range(network.n_hidden):
                losses = []
                for push in (1e-5, -1e-5):
                    network.h = states[len(x) - 1 - lag]
                    h = network.h.copy()
                    h[unit] += push
                    network.h = h
                    output = network.W_yh @ h + network.b_y
                    for later in x[len(x) - lag :]:
                        output = network.step(later)
                    losses.append(((output - target) / model.target_spread_) ** 2)
                squares[lag] += ((losses[0] - losses[1]) / 2e-5 / len(X)).item() ** 2
    return np.sqrt(squares)


def test_gradient_norms_are_those_of_the_mean_loss_by_lag():
    X = shifted()[:5]
    y = means(X)
    model = ElmanRNNRegressor(**QUICK).fit(X, y)
    norms = model.gradient_norms(X, y)
    assert norms.shape == (1, 8)
    # Differences of 1e-5: their error is of its square.
    np.testing.assert_allclose(norms[0], naive_gradient_norms(model, X, y), rtol=1e-5)


@pytest.mark.parametrize("kind", having(ESTIMATORS, "gradient_norms"))
def test_gradient_norms_are_there_for_every_layer_and_lag(kind):
    X = ragged()
    y = target_for(kind, X)
    model = kind(**QUICK | LAYOUTS["two layers both ways"]).fit(X, y)
    norms = model.gradient_norms(X, y)
    assert norms.shape == (2, max(map(len, X)))
    assert np.isfinite(norms).all()
    assert (norms[:, 0] > 0.0).all()
