"""Training that is looked on at and stopped: callbacks, progress, Ctrl-C."""

import os
import pickle
import signal
import threading
import time
import warnings

import numpy as np
import pytest
from sequence_data import (
    ESTIMATORS,
    QUICK,
    labels,
    matrix,
    means,
    target_for,
    uneven,
)
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score

from tsrnn import (
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMRegressor,
)
from tsrnn._recurrent.run import Workspace
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.objective import NetworkObjective

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)
every_solver = pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd", "lbfgs"])


# Looking on, and stopping.


def test_a_callback_sees_each_epoch_and_ends_training():
    X = matrix()
    states = []

    def third(state):
        states.append(state)
        return state.epoch == 3

    model = GRURegressor(**QUICK, callback=third)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, means(X))
    assert [state.epoch for state in states] == [1, 2, 3]
    assert states[-1].history == model.history_
    assert len(states[0].history["loss"]) == 1
    assert not np.array_equal(states[0].weights["W_hh"], states[1].weights["W_hh"])
    for name, array in states[-1].weights.items():
        np.testing.assert_array_equal(array, model.weights_[name])
        array[:] = np.nan  # a copy
    assert np.isfinite(model.predict(X)).all()


@every_solver
def test_verbose_shows_a_bar_with_losses_and_scores(capsys, solver):
    X = matrix()
    model = GRURegressor(**QUICK | {"max_iter": 5}, solver=solver, verbose=True).fit(X, means(X))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "GRURegressor" in shown.err
    assert "loss=" in shown.err and "r2=" in shown.err
    assert list(model.history_) == ["loss", "r2"]
    GRURegressor(**QUICK | {"max_iter": 5}, solver=solver).fit(X, means(X))
    assert capsys.readouterr().err == ""
    classifier = GRUClassifier(**QUICK | {"max_iter": 5}, solver=solver, verbose=1)
    classifier.fit(X, labels(X), X_val=X, y_val=labels(X))
    assert "val_accuracy=" in capsys.readouterr().err


@every_solver
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_ends_training_within_a_second_and_keeps_a_model(solver, n_jobs):
    """A signal while it trains on what would take minutes."""
    X = np.random.default_rng(0).standard_normal((2000, 150, 4)).astype(np.float32)
    y = X[:, -5:].sum(axis=(1, 2))
    LSTMRegressor(max_iter=1, random_state=0).fit(X[:10], y[:10])  # compiled
    sent = []

    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    def after_first(state):
        # Not by the clock: on a busy machine it would ring before there is anything to keep.
        if state.epoch == 1:
            threading.Timer(0.3, send).start()

    model = LSTMRegressor(
        hidden_layer_sizes=16,
        max_iter=10_000,
        solver=solver,
        n_jobs=n_jobs,
        random_state=0,
        callback=after_first,
    )
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    # Of a busy machine's time; where it is not, it takes some hundredths.
    assert time.monotonic() - sent[0] < 1.0
    assert np.isfinite(model.predict(X[:10])).all()
    assert model.n_iter_ == len(model.loss_curve_)
    assert threading.active_count() < 10


@pytest.mark.parametrize("kind", [GRURegressor, LSTMRegressor])
def test_once_a_thread_is_interrupted_the_others_make_no_further_calls(kind, monkeypatch):
    X = np.random.default_rng(0).standard_normal((64, 2000))
    interrupted, calls_after, own = threading.Event(), [], Workspace.steps

    def noted(self, *arguments):
        for k, bounds in enumerate(own(self, *arguments)):
            if threading.current_thread() is threading.main_thread() and k == 3:
                interrupted.set()
                raise KeyboardInterrupt
            if interrupted.is_set():
                calls_after.append(bounds)
            yield bounds

    monkeypatch.setattr(Workspace, "steps", noted)
    # A step a call, so that there are tens of thousands of them.
    monkeypatch.setattr("tsrnn._recurrent.run._SHARE_FLOPS", 1.0)
    with pytest.raises(KeyboardInterrupt):
        kind(n_jobs=3, max_iter=1).fit(X, X[:, 0])
    # What is done until the news is round.
    assert len(calls_after) < 1000


def test_a_search_over_estimators_that_ctrl_c_stops_does_not_go_on_to_the_next():
    X = matrix()
    fits = []

    def interrupt(state):
        if state.epoch == 2:
            fits.append(state)
            raise KeyboardInterrupt
        return False

    model = GRURegressor(**QUICK, callback=interrupt)
    for search in (
        lambda: GridSearchCV(model, {"l2": [0.0, 1.0]}, cv=3).fit(X, means(X)),
        lambda: cross_val_score(model, X, means(X), cv=3),
        lambda: BaggingRegressor(model, n_estimators=3).fit(X, means(X)),
    ):
        fits.clear()
        with pytest.raises(KeyboardInterrupt):
            search()
        assert len(fits) == 1
    # Called by its user it keeps what it has, and says so.
    with pytest.warns(ConvergenceWarning, match="interrupted after 2 epochs"):
        model.fit(X, means(X))
    assert model.n_iter_ == 2


def test_ctrl_c_within_the_first_epoch_leaves_no_untrained_network(monkeypatch):
    """Some batches have been gone through, and no epoch has ended."""
    X = matrix()
    own, calls = NetworkObjective.loss_and_gradient, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return own(*arguments)

    monkeypatch.setattr(NetworkObjective, "loss_and_gradient", interrupted)
    model = GRURegressor(**QUICK)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, means(X))
    assert not hasattr(model, "weights_")


@every_estimator
def test_no_threads_are_left_behind_or_pickled(kind):
    X = uneven(kind, 200)
    before = threading.active_count()
    model = kind(**QUICK, n_jobs=2).fit(X, target_for(kind, X))
    model.predict(X)
    assert threading.active_count() == before
    pickle.loads(pickle.dumps(model)).predict(X)


@pytest.mark.parametrize(
    "arguments", [{"tol": 1e300}, {"tol": 1.5}, {"max_iter": 10**30}, {"bptt_steps": 10**30}]
)
def test_numbers_that_end_training_at_once_or_never_are_refused(arguments):
    (name,) = arguments
    X, y = np.arange(40.0).reshape(10, 4), np.arange(10.0)
    with pytest.raises(InvalidParameterError, match=f"{name} must be"):
        ElmanRNNRegressor(**arguments).fit(X, y)


@every_solver
def test_ctrl_c_before_anything_is_learned_leaves_the_estimator_as_it_was(solver, monkeypatch):
    X = np.random.default_rng(0).standard_normal((60, 5))
    y = X[:, -1]
    model = ElmanRNNRegressor(max_iter=3, solver=solver, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    before = model.predict(X)

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("tsrnn.sequence.objective.NetworkObjective.loss_and_gradient", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, 2.0 * y)
    np.testing.assert_array_equal(model.predict(X), before)
