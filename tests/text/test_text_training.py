"""The classifier of texts in training: validation, going on, weights, threads and seeds."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from text_data import LABELS, TEST_LABELS, TEST_TEXTS, TEXTS, assert_same_weights, corpus, quick

from tsrnn.exceptions import TrainingDivergedError

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)


# Training.


def test_a_validation_part_is_measured_and_the_best_epoch_kept():
    settings = {"max_iter": 60, "n_iter_no_change": 3, "learning_rate_init": 0.05}
    validation = {"X_val": TEST_TEXTS, "y_val": TEST_LABELS}
    recorded = quick(max_iter=5).fit(TEXTS, LABELS, **validation)
    assert set(recorded.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert {len(values) for values in recorded.history_.values()} == {5}
    assert_same_weights(recorded, quick(max_iter=5).fit(TEXTS, LABELS))
    last = recorded.history_["val_loss"][-1]
    # Sums in single and in double precision.
    assert log_loss(TEST_LABELS, recorded.predict_proba(TEST_TEXTS)) == pytest.approx(
        last, rel=1e-5
    )
    assert recorded.score(TEST_TEXTS, TEST_LABELS) == recorded.history_["val_accuracy"][-1]
    stopped = quick(**settings, early_stopping=True).fit(TEXTS, LABELS, **validation)
    assert 3 < stopped.n_iter_ < 60
    best = min(stopped.history_["val_loss"])
    assert stopped.best_loss_ == best
    # Probabilities next to 1, in single precision.
    assert log_loss(TEST_LABELS, stopped.predict_proba(TEST_TEXTS)) == pytest.approx(best, abs=1e-6)


def test_early_stopping_sets_some_texts_aside_by_itself():
    model = quick(early_stopping=True, max_iter=40).fit(TEXTS, LABELS)
    assert len(model.history_["val_loss"]) == model.n_iter_
    assert model.score(TEST_TEXTS, TEST_LABELS) > 0.9


def test_an_epoch_in_parts_is_an_epoch_at_once():
    """Of weights as they are, not averaged over the steps of one call."""
    at_once = quick(max_iter=3, ema_momentum=None).fit(TEXTS, LABELS)
    model = quick(ema_momentum=None)
    for _ in range(3):
        model.partial_fit(TEXTS, LABELS, classes=["neg", "pos"])
    assert_same_weights(model, at_once)
    assert model.history_ == at_once.history_


def test_a_warm_start_goes_on_with_the_weights_and_the_vocabulary():
    model = quick(warm_start=True, max_iter=3).fit(TEXTS, LABELS)
    vocabulary, loss = dict(model.vocabulary_), model.loss_curve_[-1]
    more = ["a zebra", *TEXTS]
    model.fit(more, ["neg", *LABELS])
    assert model.vocabulary_ == vocabulary
    assert model.n_iter_ == 6
    assert model.loss_curve_[-1] < loss
    with pytest.raises(ValueError, match="training cannot go on"):
        model.set_params(embedding_dim=3).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match="dropout"):
        model.set_params(embedding_dim=8, dropout=2.0).fit(TEXTS, LABELS)
    cold = quick(max_iter=3).fit(more, ["neg", *LABELS])
    assert "zebra" in cold.vocabulary_


def test_without_a_warm_start_a_fit_starts_anew(fitted, ids):
    model = clone(fitted).fit(["other words", "of others"], [0, 1])
    assert_same_weights(model.fit(TEXTS, LABELS), fitted)
    model.set_params(max_features=50).fit(ids, LABELS)
    assert "vocabulary_" not in vars(model)


def test_a_callback_sees_each_epoch_and_ends_training():
    seen = []

    def stop_at_three(state):
        seen.append(state)
        return state.epoch == 3

    model = quick(callback=stop_at_three).fit(TEXTS, LABELS)
    assert [state.epoch for state in seen] == [1, 2, 3]
    assert model.n_iter_ == 3
    assert seen[-1].weights.keys() == model.weights_.keys()
    np.testing.assert_array_equal(seen[-1].weights["E"], model.weights_["E"])
    assert seen[-1].history == model.history_


def test_averaged_weights_are_what_is_kept():
    seen = []
    model = quick(ema_momentum=0.9, callback=seen.append).fit(TEXTS, LABELS)
    np.testing.assert_array_equal(seen[-1].weights["E"], model.weights_["E"])
    plain = quick(ema_momentum=None).fit(TEXTS, LABELS)
    assert np.abs(model.weights_["E"] - plain.weights_["E"]).max() > 1e-3
    assert model.score(TEST_TEXTS, TEST_LABELS) > 0.9


def test_repeating_texts_is_weighting_them_to_the_last_bit():
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 4, 120)
    rows = rng.permutation(np.arange(120).repeat(counts))
    # The words and their ranks are those of the texts there are: the same for both.
    settings = {"batch_size": len(rows), "max_iter": 5}
    ids = quick(max_iter=1).fit(TEXTS, LABELS).encode(TEXTS)
    weighted = quick(**settings).fit(ids, LABELS, sample_weight=counts)
    repeated = quick(**settings).fit([ids[i] for i in rows], LABELS[rows])
    assert_same_weights(weighted, repeated)
    assert weighted.history_ == repeated.history_


@pytest.mark.parametrize("class_weight", [{"neg": 4.0}, "balanced"])
def test_class_weights_multiply_sample_weights(class_weight):
    texts, y = [*TEXTS, *TEXTS[::2]], np.array([*LABELS, *LABELS[::2]])
    weights = np.random.default_rng(3).uniform(0.5, 1.5, len(y))
    of_labels = np.where(y == "neg", 4.0, 1.0)
    if class_weight == "balanced":
        sums = {label: weights[y == label].sum() for label in ("neg", "pos")}
        of_labels = np.array([weights.sum() / (2.0 * sums[label]) for label in y])
    settings = {"max_iter": 3}
    by_class = quick(**settings, class_weight=class_weight).fit(texts, y, sample_weight=weights)
    by_sample = quick(**settings).fit(texts, y, sample_weight=weights * of_labels)
    # A product with 4 is exact; others are rounded to single precision, over some thirty steps, of
    # which each divides by a root of squares: a gradient of rounding moves as far as any other.
    np.testing.assert_allclose(
        by_class.predict_proba(texts), by_sample.predict_proba(texts), atol=1e-4
    )
    plain = quick(**settings).fit(texts, y)
    assert np.abs(by_class.predict_proba(texts) - plain.predict_proba(texts)).max() > 1e-3


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cell": "gru", "dropout": 0.3, "embedding_dropout": 0.3},
        {"cell": "lstm", "bidirectional": True, "hidden_layer_sizes": (5, 3)},
        {"solver": "lbfgs"},
    ],
    ids=["elman", "gru", "lstm", "lbfgs"],
)
def test_the_number_of_threads_is_of_no_account_to_the_last_bit(settings):
    texts, y = corpus(400)
    settings = settings | {"max_iter": 3, "batch_size": 150}
    one, two = (quick(**settings, n_jobs=n).fit(texts, y) for n in (1, 2))
    assert_same_weights(one, two)
    assert one.history_ == two.history_
    np.testing.assert_array_equal(one.predict_proba(texts), two.predict_proba(texts))


def test_the_seed_decides_everything(fitted):
    assert_same_weights(quick().fit(TEXTS, LABELS), fitted)
    assert_same_weights(quick(random_state=np.random.RandomState(0)).fit(TEXTS, LABELS), fitted)
    other = quick(random_state=1).fit(TEXTS, LABELS)
    assert (other.weights_["W_hx"] != fitted.weights_["W_hx"]).all()


def test_epochs_that_are_meant_end_without_a_warning_and_a_search_with_one():
    with warnings.catch_warnings(action="error"):
        quick(max_iter=1).fit(TEXTS, LABELS)
    with pytest.warns(ConvergenceWarning, match="max_iter=1") as seen:
        quick(max_iter=1, solver="lbfgs").fit(TEXTS, LABELS)
    assert seen[0].filename == __file__


def test_an_explosion_is_an_error_and_leaves_weights_that_predict():
    model = quick(learning_rate_init=1e4, clip_norm=None, solver="sgd")
    with pytest.raises(TrainingDivergedError):
        model.fit(TEXTS, LABELS)
    assert np.isfinite(model.predict_proba(TEXTS)).all()
