"""Samples that repeat one another, or weigh much: no result hangs on how they are computed."""

import numpy as np
import pytest
from sequence_data import QUICK
from sklearn.base import clone
from text_data import LABELS, TEXTS, quick

from tsrnn import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRURegressor,
    LSTMRegressor,
    RNNForecaster,
)
from tsrnn.sequence import base

# So few epochs are meant.
pytestmark = [
    pytest.mark.filterwarnings("ignore:training stopped at max_iter"),
    pytest.mark.filterwarnings("ignore:training has come to an end.*learned nothing"),
]

# Sequences of nothing that all have one target, and a few others.
FEW = np.random.default_rng(0).normal(size=(40, 8))
PATIENT = {"hidden_layer_sizes": 4, "max_iter": 60, "learning_rate_init": 0.02}


def many_and_few(n=360):
    return np.r_[np.zeros((n, 8)), FEW], np.r_[np.full(n, 5.0), FEW.sum(axis=1)]


@pytest.mark.parametrize("seed", range(1, 11))
def test_what_most_samples_say_is_not_lost_to_early_stopping(seed):
    X, y = many_and_few()
    model = ElmanRNNRegressor(**PATIENT, early_stopping=True, random_state=seed).fit(X, y)
    # The target of nine samples in ten; a network that never saw it is wrong by a unit or more.
    assert model.predict(X[:1])[0] == pytest.approx(5.0, abs=0.4)


@pytest.mark.parametrize("seed", [4, 5, 9, 10])
def test_what_weighs_most_is_not_lost_to_early_stopping(seed):
    X, y = many_and_few(n=1)
    weights = np.r_[360.0, np.ones(40)]
    model = ElmanRNNRegressor(**PATIENT, early_stopping=True, random_state=seed)
    model.fit(X, y, sample_weight=weights)
    assert model.predict(X[:1])[0] == pytest.approx(5.0, abs=0.4)  # as above


@pytest.mark.parametrize("kind", [ElmanRNNRegressor, GRURegressor, LSTMRegressor])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_periodic_series_keeps_all_its_phases(kind, seed):
    y = np.tile([1.0, 5.0, 2.0, 8.0, 3.0, 1.0, 9.0], 20)
    network = kind(batch_size=16, learning_rate_init=0.02, early_stopping=True, random_state=seed)
    forecast = RNNForecaster(network, window=7).fit(y).predict(7)
    # Values differ by one at least; a phase that was never trained on is missed by more.
    np.testing.assert_allclose(forecast, y[:7], atol=0.4)


def with_repeats(n=90, n_distinct=12):
    """Samples a few of which are there many times over; and the same, but for a hair's breadth."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n_distinct, 5))[rng.integers(0, n_distinct, n)]
    nearly = X.copy()
    nearly[:, 2] += 1e-13 * rng.normal(size=n)
    return X, nearly


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_size": 16},
        {"batch_size": 90},
        {"batch_size": 40, "solver": "sgd", "learning_rate_init": 0.01},
        {"solver": "lbfgs", "max_iter": 10},
        {"batch_size": 16, "early_stopping": True, "n_iter_no_change": 3},
        {"early_stopping": True, "batch_size": 200},
    ],
    ids=lambda settings: ", ".join(f"{name}={value}" for name, value in settings.items()),
)
@pytest.mark.parametrize("kind", [GRURegressor, ElmanRNNClassifier])
def test_samples_that_are_the_same_train_as_those_that_nearly_are(kind, settings):
    X, nearly = with_repeats()
    y = X[:, -1] if kind is GRURegressor else X[:, -1] > 0.0
    model = kind(**QUICK | settings)
    same, others = (clone(model).fit(one, y) for one in (X, nearly))
    assert same.n_iter_ == others.n_iter_
    for name, values in others.history_.items():
        # Sums in another order, and inputs that differ by 1e-13, through up to 150 steps.
        np.testing.assert_allclose(same.history_[name], values, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("by_step", [False, True])
@pytest.mark.parametrize("kind", [GRURegressor, ElmanRNNClassifier])
def test_merging_changes_no_loss(kind, by_step, monkeypatch):
    X, _ = with_repeats()
    y = np.cumsum(X, axis=1) if by_step else X.sum(axis=1)
    y = y if kind is GRURegressor else np.digitize(y, [-0.5, 0.5])
    weights = np.random.default_rng(2).uniform(0.5, 2.0, len(X))
    settings = QUICK | {"batch_size": len(X), "return_sequences": by_step}
    merged = kind(**settings).fit(X, y, sample_weight=weights)
    sizes = []
    monkeypatch.setattr(base, "merged", lambda samples: sizes.append(len(samples.kinds)) or samples)
    plain = kind(**settings).fit(X, y, sample_weight=weights)
    assert sizes == [90]
    # The same sums in another order.
    np.testing.assert_allclose(merged.loss_curve_, plain.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize(
    ("settings", "are_merged"),
    [
        ({}, True),
        ({"batch_size": 16}, False),
        ({"dropout": 0.2}, False),  # units are dropped for each text on its own
        ({"embedding_dropout": 0.2}, False),
    ],
)
def test_texts_are_made_one_only_where_nothing_tells_them_apart(settings, are_merged, monkeypatch):
    sizes = []
    monkeypatch.setattr(base, "merged", lambda samples: sizes.append(len(samples.kinds)) or samples)
    quick(**{"batch_size": 240, "max_iter": 1} | settings).fit([*TEXTS] * 2, [*LABELS] * 2)
    assert sizes == [240] * are_merged


def test_an_error_counts_the_samples_that_came():
    X, _ = with_repeats(n=200, n_distinct=4)
    y = np.arange(200) == 0
    with pytest.raises(ValueError, match="n_samples=200, of which 1 in the rarest class"):
        ElmanRNNClassifier(early_stopping=True).fit(X, y)


def test_the_order_of_repeated_samples_with_unlike_weights_is_of_no_account():
    X, _ = with_repeats()
    y, weights = X[:, -1], np.random.default_rng(3).uniform(0.5, 2.0, 90)
    order = np.random.default_rng(4).permutation(90)
    one = GRURegressor(**QUICK).fit(X, y, sample_weight=weights)
    other = GRURegressor(**QUICK).fit(X[order], y[order], sample_weight=weights[order])
    assert one.history_ == other.history_
