"""Training of the regressor on lag windows: seeds, and the network that is taken by default."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from window_loops import Recorder

from tsrnn import ElmanRNNRegressor, GRURegressor, LSTMRegressor, RNNForecaster
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.repeated import repeated_predictions
from tsrnn.windows.default import default_network, fit_default

pytestmark = [
    pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

Y = np.cumsum(np.random.default_rng(0).normal(size=50)) + 5.0 * np.sin(np.arange(50) / 2.0)
FOREST = RandomForestRegressor(n_estimators=3)


# Seeds.


@pytest.mark.parametrize(
    "estimator",
    [
        None,
        FOREST,
        GRURegressor(hidden_layer_sizes=3, max_iter=3),
        make_pipeline(StandardScaler(), FOREST),
        MultiOutputRegressor(FOREST),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_seed_makes_forecasts_and_intervals_the_same_whatever_the_estimator(estimator):
    if isinstance(estimator, MultiOutputRegressor):
        options = {"strategy": "direct", "horizon": 2, "window": 5}
    else:
        options = {"window": 5}
    answers = []
    for seed in (0, 0, 1, np.random.RandomState(0), np.random.RandomState(0)):
        model = RNNForecaster(estimator, random_state=seed, **options).fit(Y[:24])
        assert model.estimator is estimator
        answers.append((model.predict(4), model.predict_interval(2, 0.5)))  # which trains again
    for one, other in ((0, 1), (3, 4)):
        for first, second in zip(answers[one], answers[other], strict=True):
            np.testing.assert_array_equal(first, second)
    assert (answers[0][0] != answers[2][0]).all() and (answers[0][0] != answers[3][0]).all()


def test_a_seed_of_the_estimators_own_stays():
    own = RNNForecaster(clone(FOREST).set_params(random_state=7), window=5).fit(Y)
    other = RNNForecaster(clone(FOREST).set_params(random_state=7), window=5, random_state=1).fit(Y)
    np.testing.assert_array_equal(own.predict(4), other.predict(4))
    assert other.estimator_.random_state == 7
    assert RNNForecaster(FOREST, window=5, random_state=1).fit(Y).estimator_.random_state == 1
    # What draws nothing has no use for one.
    assert RNNForecaster(Ridge(), window=5, random_state=1).fit(Y).predict(1).shape == (1,)


def test_what_is_no_seed_is_refused():
    with pytest.raises(InvalidParameterError, match="random_state"):
        RNNForecaster(Ridge(), window=5, random_state="one").fit(Y)


# The default network.


class Recording(Recorder):
    """Keeps what it is validated on."""

    def set_params(self, **params):
        self.params_ = params
        return self

    def fit(self, X, y, X_val=None, y_val=None):
        self.X_val_, self.y_val_ = X_val, y_val
        return super().fit(X, y)


@pytest.mark.parametrize(
    ("n", "patience", "most"), [(50, 100, 1000), (300, 50, 500), (1000, 20, 200), (9000, 10, 200)]
)
def test_patience_and_the_longest_training_are_so_many_steps_at_least(n, patience, most):
    network = Recording()
    fit_default(network, np.zeros((n, 4)), np.zeros(n), np.zeros(n, dtype=int))
    # 40 and 240 windows are trained on of 50 and 300: one batch of 200, and two.
    assert network.params_ == {"n_iter_no_change": patience, "max_iter": most}


def test_of_few_windows_the_last_fifth_of_each_series_is_held_back():
    series = np.repeat([0, 1, 2], [10, 1, 4])
    X, y = np.arange(15.0)[:, None], np.arange(15.0)
    network = Recording()
    fit_default(network, X, y, series)
    assert network.y_val_.tolist() == network.X_val_[:, 0].tolist() == [8.0, 9.0, 14.0]
    assert network.y_.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13]
    for one, each in ((np.repeat(0, 1000), 1000), (np.arange(15), 15)):
        fit_default(network, np.zeros((each, 1)), np.zeros(each), one)
        assert network.X_val_ is None and len(network.y_) == each


def test_the_default_network_is_trained_so_and_a_network_that_is_given_as_it_says():
    default = RNNForecaster(window=5, random_state=0).fit(Y).estimator_
    assert (default.n_iter_no_change, default.max_iter) == (100, 1000)
    assert default.n_iter_ > 100
    given = default_network().set_params(random_state=0)
    given = RNNForecaster(given, window=5).fit(Y).estimator_
    assert (given.n_iter_no_change, given.max_iter) == (10, 200)


# Step by step.


@pytest.mark.parametrize("cell", [ElmanRNNRegressor, GRURegressor, LSTMRegressor])
@pytest.mark.parametrize("shape", [(30, 7), (30, 7, 2)], ids=str)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_repeated_predictions_are_those_of_predict_to_the_last_bit(cell, shape, n_outputs):
    rng = np.random.default_rng(0)
    X = rng.normal(size=shape).astype(np.float32)
    y = rng.normal(size=(30, n_outputs)).squeeze()
    network = cell(hidden_layer_sizes=5, max_iter=2, random_state=0).fit(X, y)
    with repeated_predictions(network) as predict:
        for n in (30, 1, 8):
            expected = network.predict(X[:n])
            np.testing.assert_array_equal(predict(X[:n]), expected)
            assert predict(X[:n]).dtype == expected.dtype


def test_a_predict_of_ones_own_is_used():
    class Twice(ElmanRNNRegressor):
        def predict(self, X):
            return 2.0 * super().predict(X)

    X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    for one in (Twice(max_iter=2), Ridge(), MLPRegressor(hidden_layer_sizes=(3,), max_iter=5)):
        one.fit(X, X[:, 0])
        with repeated_predictions(one) as predict:
            np.testing.assert_array_equal(predict(X), one.predict(X))
