"""The threads of the linear algebra underneath, which is held to one while a model is fitted."""

import numpy as np
import pytest
import scipy.optimize
from threadpoolctl import threadpool_info, threadpool_limits

from tsrnn import RNN, ElmanRNNRegressor, TripleExpSmoothingRNN
from tsrnn._compute.threads import one_blas_thread

SERIES = np.random.default_rng(0).normal(size=60).cumsum()


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def seen(monkeypatch):
    """The numbers of threads that were found at each call of SciPy's minimiser."""
    minimize, numbers = scipy.optimize.minimize, []

    def watched(*args, **kwargs):
        numbers.append(blas_threads())
        return minimize(*args, **kwargs)

    monkeypatch.setattr(scipy.optimize, "minimize", watched)
    return numbers


def fit_smoother():
    TripleExpSmoothingRNN(period=4, solver="L-BFGS-B").fit(SERIES)


def fit_sequences():
    model = ElmanRNNRegressor(hidden_layer_sizes=3, solver="lbfgs", max_iter=9, random_state=0)
    model.fit(SERIES.reshape(12, 5), SERIES[::5])


def fit_network():
    RNN(1, 2, 1).fit(SERIES[:-1, None], SERIES[1:, None], max_iter=5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # few iterations
@pytest.mark.parametrize("fit", [fit_smoother, fit_sequences, fit_network])
def test_minimisers_run_with_one_thread_of_linear_algebra(fit, seen):
    with threadpool_limits(2, user_api="blas"):
        fit()
        assert seen and all(numbers == {1} for numbers in seen)
        assert blas_threads() == {2}  # as before


def test_a_block_within_a_block_leaves_one_thread_to_the_outer():
    with threadpool_limits(2, user_api="blas"):
        with one_blas_thread():
            with one_blas_thread():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == {2}
