"""Estimators that one thread fits while others ask them: they answer as before, or as after."""

import threading

import numpy as np
import pandas as pd
import pytest
from sequence_data import ESTIMATORS, QUICK, means, ragged, target_for, uneven
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from text_data import LABELS, TEXTS, quick

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    GRURegressor,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
)

LOW, HIGH = np.arange(1.0, 9.0), np.arange(1001.0, 1031.0)


def frame(y):
    stamps = pd.date_range("2020-01-01", periods=len(y))
    return pd.DataFrame({"unique_id": "a", "ds": stamps, "y": y})


def ask_while_fitting(ask, fit):
    """Everything that was answered while another thread fitted now this, now that."""
    answers, errors = set(), []
    is_asking, is_over = threading.Event(), threading.Event()

    def go_on_asking():
        try:
            while not is_over.is_set():
                answers.add(ask())
                is_asking.set()
        except Exception as error:  # whatever it is, it is told by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=go_on_asking) for _ in range(2)]
    for thread in threads:
        thread.start()
    is_asking.wait(10.0)  # seconds: or there was an error
    for i in range(60):
        fit(HIGH if i % 2 else LOW)
    is_over.set()
    for thread in threads:
        thread.join()
    assert answers and not errors
    return answers


@pytest.mark.parametrize(
    "model",
    [
        NaiveForecaster(),
        SimpleExpSmoothingRNN(alpha=0.5),
        DoubleExpSmoothingRNN(alpha=0.5, beta=0.5),
        DeseasonalizedForecaster(NaiveForecaster(), period=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_predictions_during_a_fit_are_of_the_old_or_the_new_model(model):
    possible = {tuple(model.fit(y).predict(3)) for y in (LOW, HIGH)}
    assert len(possible) == 2
    answers = ask_while_fitting(lambda: tuple(model.predict(3)), model.fit)
    assert answers <= possible


def test_scores_and_paths_during_a_fit_are_of_one_model():
    model = SimpleExpSmoothingRNN()
    seen = {}
    for y in (LOW, HIGH):
        seen[tuple(model.fit(y).simulate(2, random_state=0).ravel())] = len(y)
    answers = ask_while_fitting(lambda: tuple(model.simulate(2, random_state=0).ravel()), model.fit)
    assert answers <= set(seen)


def test_panels_answer_during_a_fit_as_before_or_as_after():
    panel = PanelForecaster(NaiveForecaster(), alias="naive")
    frames = {len(y): frame(y) for y in (LOW, HIGH)}

    def answer():
        return tuple(panel.predict(2)[["ds", "naive"]].itertuples(index=False, name=None))

    possible = set()
    for one in frames.values():
        panel.fit(one)
        possible.add(answer())
    assert ask_while_fitting(answer, lambda y: panel.fit(frames[len(y)])) <= possible


def test_updates_are_seen_whole():
    model = NaiveForecaster(strategy="drift").fit([1.0, 2.0])
    possible = {tuple(model.predict(2))}
    for _ in range(60):
        possible.add(tuple(model.update([1.0]).predict(2)))
    model.fit([1.0, 2.0])
    answers = ask_while_fitting(lambda: tuple(model.predict(2)), lambda _: model.update([1.0]))
    assert answers <= possible


@pytest.mark.filterwarnings("ignore:training stopped at max_iter")
def test_predictions_of_networks_during_a_fit_are_of_one_model():
    model = GRURegressor(hidden_layer_sizes=2, max_iter=1, random_state=0)
    X = np.random.default_rng(0).normal(size=(12, 3))
    data = {8: (X, X[:, 0]), 30: (100.0 * X + 7.0, 1e6 * X[:, 1])}
    possible = {tuple(model.fit(*one).predict(X)) for one in data.values()}
    answers = ask_while_fitting(lambda: tuple(model.predict(X)), lambda y: model.fit(*data[len(y)]))
    assert answers <= possible


# Without threads: those who are asked in the midst of a fit answer as if another thread asked.

few_epochs = pytest.mark.filterwarnings("ignore:training stopped at max_iter")


@few_epochs
@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("way", ["fit", "warm start", "partial_fit"])
def test_a_network_answers_during_a_fit_as_before(kind, way):
    X, other = uneven(kind, 40), uneven(kind, 40, seed=1)
    model = kind(**QUICK | {"max_iter": 3}, warm_start=way == "warm start")
    model.fit(X, target_for(kind, X))
    before, vars_before, during = model.predict(X), dict(vars(model)), []
    model.set_params(callback=lambda state: during.append((model.predict(X), model.n_iter_)))
    train = model.partial_fit if way == "partial_fit" else model.fit
    train(other, target_for(kind, other))
    assert len(during) == (1 if way == "partial_fit" else 3)
    for answer, n_iter in during:
        np.testing.assert_array_equal(answer, before)
        assert n_iter == 3
    assert model.weights_ is not vars_before["weights_"]


@few_epochs
def test_a_classifier_of_texts_answers_during_a_fit_as_before():
    model = quick(max_iter=3).fit(TEXTS, LABELS)
    before, during = model.predict_proba(TEXTS), []

    def ask(state):
        during.append((model.predict_proba(TEXTS), model.decode(model.encode(TEXTS[:1]))))

    model.set_params(callback=ask).fit(["other words", "and more of them"] * 20, [0, 1] * 20)
    words = quick(max_iter=3).fit(TEXTS, LABELS)
    for probabilities, decoded in during:
        np.testing.assert_array_equal(probabilities, before)
        assert decoded == words.decode(words.encode(TEXTS[:1]))
    assert model.classes_.tolist() == [0, 1]


@few_epochs
def test_a_first_fit_is_none_until_it_is_done():
    X = ragged(40)

    def ask(state):
        with pytest.raises(NotFittedError):
            model.predict(X)

    model = GRURegressor(**QUICK, callback=ask)
    model.fit(X, means(X)).predict(X)


@few_epochs
@pytest.mark.parametrize("way", ["fit", "warm start", "partial_fit"])
def test_a_network_whose_fit_fails_late_is_as_it_was(way):
    X, other = ragged(40), ragged(40, seed=1)
    model = GRURegressor(**QUICK, warm_start=way == "warm start").fit(X, means(X))
    before = {name: value for name, value in vars(model).items() if name.endswith("_")}

    def fail(state):
        raise RuntimeError("at the end of an epoch")

    model.set_params(callback=fail)
    with pytest.raises(RuntimeError):
        (model.partial_fit if way == "partial_fit" else model.fit)(other, means(other))
    after = {name: value for name, value in vars(model).items() if name.endswith("_")}
    assert after.keys() == before.keys()
    assert all(after[name] is value for name, value in before.items())


@few_epochs
def test_arguments_that_are_set_during_a_fit_are_kept():
    X = ragged(40)
    model = GRURegressor(**QUICK)
    model.set_params(callback=lambda state: model.set_params(tol=0.5)).fit(X, means(X))
    assert model.tol == 0.5


class Asking(Ridge):
    """A regressor that asks somebody before it is fitted."""

    ask = None

    def fit(self, X, y):
        if Asking.ask is not None:
            Asking.ask()
        return super().fit(X, y)


def test_forecasters_and_panels_answer_during_a_fit_of_their_regressor_as_before(monkeypatch):
    forecaster = RNNForecaster(Asking(), window=3).fit(LOW)
    panel = PanelForecaster(RNNForecaster(Asking(), window=3), alias="m").fit(frame(LOW))
    before, answers = (forecaster.predict(3), panel.predict(3)), []
    asked = staticmethod(lambda: answers.append((forecaster.predict(3), panel.predict(3))))
    monkeypatch.setattr(Asking, "ask", asked)
    forecaster.fit(np.sin(HIGH))
    assert len(answers) == 1
    np.testing.assert_array_equal(answers[0][0], before[0])
    panel.fit(frame(np.sin(HIGH)))
    assert len(answers) == 2
    pd.testing.assert_frame_equal(answers[1][1], before[1])
    assert not np.allclose(panel.predict(3)["m"], before[1]["m"])
