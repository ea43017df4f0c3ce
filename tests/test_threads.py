"""Estimators that one thread fits while others ask them: they answer as before, or as after."""

import threading

import numpy as np
import pandas as pd
import pytest

from tsrnn import (
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
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
