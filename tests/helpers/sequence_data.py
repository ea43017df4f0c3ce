"""Small problems for the sequence estimators, of every kind of input that they take."""

import numpy as np

import tsrnn.sequence
from tsrnn import DenseWindowRegressor, all_estimators


def of_sequences(type_filter):
    """Return the sequence estimators of a kind."""
    kinds = [kind for _, kind in all_estimators(type_filter)]
    names = {*tsrnn.sequence.__all__}
    return tuple(kind for kind in kinds if kind.__name__ in names)


REGRESSORS = of_sequences("regressor")
CLASSIFIERS = of_sequences("classifier")
ESTIMATORS = REGRESSORS + CLASSIFIERS

# Inputs, arguments and methods that an estimator does not have, and the others do.
LACKS = {
    DenseWindowRegressor: {
        "ragged",
        "return_sequences",
        "bidirectional",
        "bptt_steps",
        "init",
        "hidden_states",
        "gradient_norms",
        "to_rnn",
    }
}


def having(kinds, *what):
    """Return those of some estimators that lack none of this."""
    return tuple(kind for kind in kinds if not LACKS.get(kind, set()).intersection(what))


# Enough to learn something in no time; without early stopping they say that they could go on.
QUICK = {"hidden_layer_sizes": 6, "batch_size": 32, "max_iter": 25, "random_state": 0}


def matrix(n=60, n_steps=8, seed=0):
    """Windows of a noisy sum, one feature a step."""
    return np.random.default_rng(seed).standard_normal((n, n_steps))


def cube(n=60, n_steps=8, n_features=2, seed=0):
    return np.random.default_rng(seed).standard_normal((n, n_steps, n_features))


def ragged(n=60, n_features=2, seed=0):
    """A list of arrays of three to twelve steps; without features a step where n_features is 0."""
    rng = np.random.default_rng(seed)
    shapes = [
        (length, n_features) if n_features else (length,) for length in rng.integers(3, 13, n)
    ]
    return [rng.standard_normal(shape) for shape in shapes]


INPUTS = {"matrix": matrix, "cube": cube, "ragged": ragged}


def with_inputs(kinds):
    """Return pairs: each of some estimators with each kind of input that it takes."""
    return [(kind, shape) for shape in INPUTS for kind in having(kinds, shape)]


def uneven(kind, n=60, seed=0):
    """A list of sequences, of several lengths where the estimator takes such."""
    return ragged(n, seed=seed) if having([kind], "ragged") else list(cube(n, seed=seed))


def means(X):
    """The mean of each sequence, a target that is easy to learn."""
    return np.array([np.mean(sequence) for sequence in X])


def running_means(X):
    """A target a step: an array, or a list where X is one."""
    targets = [
        np.cumsum(np.reshape(x, (len(x), -1)).mean(axis=1)) / np.arange(1, len(x) + 1) for x in X
    ]
    return np.array(targets) if isinstance(X, np.ndarray) else targets


def labels(X, names=("high", "low")):
    """Two labels by the sign of the mean."""
    return np.where(means(X) > 0.0, *names)


def target_for(estimator, X):
    kind = estimator if isinstance(estimator, type) else type(estimator)
    return labels(X) if kind in CLASSIFIERS else means(X)
