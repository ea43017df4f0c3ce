"""Dense networks over windows: held against the obvious loop and its derivatives."""

from dataclasses import dataclass, replace

import naive
import numpy as np
import pytest
from cases import relative_error

from tsrnn._dense import engine as engine_module
from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._dense.engine import DenseEngine
from tsrnn._input.sequences import Sequences

# Some tens of operations, each rounded to 1e-16; a hyperbolic tangent of ours is off by 4e-16.
ROUNDING = 1e-13
# The same in float32.
SINGLE = 2e-6
# What the design asks of an adjoint against complex-step derivatives, which are exact to rounding.
EXACT = 1e-10

every_activation = pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
every_stack = pytest.mark.parametrize("sizes", [(3,), (7, 4), (5, 1, 6)])
either_path = pytest.mark.parametrize("linear_path", [False, True], ids=["no path", "linear path"])
either_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


class CubicLoss:
    """The sum of (outputs - targets) cubed: its gradient depends on the outputs."""

    def value_and_gradient(self, outputs, targets, weights):
        errors = outputs - targets
        weights = weights.astype(outputs.dtype)[:, None]
        return float(np.sum(weights * errors**3, dtype=float)), 3.0 * weights * errors**2


@dataclass(frozen=True)
class Problem:
    architecture: DenseArchitecture
    theta: np.ndarray
    sequences: Sequences
    targets: np.ndarray
    weights: np.ndarray

    def predict(self, n_jobs=None):
        with DenseEngine(self.architecture, n_jobs=n_jobs) as engine:
            return engine.predict(self.theta, self.sequences)

    def loss_and_gradient(self, rows=None, n_jobs=None):
        rows = np.arange(len(self.targets)) if rows is None else rows
        with DenseEngine(self.architecture, n_jobs=n_jobs) as engine:
            return engine.loss_and_gradient(
                self.theta, self.sequences, rows, self.targets, self.weights, CubicLoss()
            )

    def naive_predictions(self, theta=None):
        theta = self.theta if theta is None else theta
        windows = self.sequences.values.reshape(len(self.targets), -1)
        return np.array([naive.dense_network(self.architecture, theta, x) for x in windows])

    def naive_loss(self, theta):
        return np.sum(self.weights[:, None] * (self.naive_predictions(theta) - self.targets) ** 3)


def make_problem(activation, sizes=(7, 4), linear_path=True, *, n=9, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    architecture = DenseArchitecture(activation, 5, 2, sizes, 3, linear_path)
    return Problem(
        architecture,
        rng.normal(0.0, 0.5, architecture.n_parameters).astype(dtype),
        Sequences(rng.normal(size=(n * 5, 2)).astype(dtype), np.arange(n + 1) * 5),
        rng.normal(size=(n, 3)).astype(dtype),
        rng.uniform(0.5, 2.0, n).astype(dtype),
    )


@every_activation
@every_stack
@either_path
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, ROUNDING), (np.float32, SINGLE)])
def test_the_engine_computes_what_the_naive_loop_does(
    activation, sizes, linear_path, dtype, tolerance
):
    problem = make_problem(activation, sizes, linear_path, dtype=dtype)
    predictions = problem.predict()
    assert predictions.dtype == dtype
    assert relative_error(predictions, problem.naive_predictions()) <= tolerance


@every_activation
@every_stack
@either_path
def test_the_gradient_is_the_derivative_of_the_naive_loop(activation, sizes, linear_path):
    problem = make_problem(activation, sizes, linear_path)
    loss, gradient = problem.loss_and_gradient()
    assert loss == pytest.approx(problem.naive_loss(problem.theta), rel=ROUNDING)
    expected = naive.complex_step_gradient(problem.naive_loss, problem.theta)
    assert relative_error(gradient, expected) <= EXACT


@every_activation
def test_a_batch_is_the_sum_of_its_windows(activation):
    problem = make_problem(activation)
    rows = np.array([8, 3, 5])
    loss, gradient = problem.loss_and_gradient(rows)
    alone = [problem.loss_and_gradient(rows[i : i + 1]) for i in range(3)]
    assert loss == pytest.approx(sum(value for value, _ in alone), rel=ROUNDING)
    assert relative_error(gradient, sum(part for _, part in alone)) <= ROUNDING


@either_type
@either_path
def test_threads_change_no_bit(dtype, linear_path, monkeypatch):
    # So little work, and so few rows, that there are several blocks.
    monkeypatch.setattr(engine_module, "_BLOCK_FLOPS", 1e4)
    monkeypatch.setattr(engine_module, "_FEWEST_ROWS", 5)
    problem = make_problem("tanh", linear_path=linear_path, n=83, dtype=dtype)
    runs = [(problem.predict(n), *problem.loss_and_gradient(n_jobs=n)) for n in (1, 2, 3)]
    for run in runs[1:]:
        np.testing.assert_array_equal(run[0], runs[0][0])
        assert run[1] == runs[0][1]
        np.testing.assert_array_equal(run[2], runs[0][2])


@pytest.mark.parametrize("n", [1, 64, 65, 1000])
def test_blocks_are_all_rows_in_their_order_and_no_fewer_than_are_worth_it(n, monkeypatch):
    monkeypatch.setattr(engine_module, "_BLOCK_FLOPS", 1.0)
    blocks = DenseEngine(make_problem("relu").architecture)._blocks(np.arange(n), 1.0)
    np.testing.assert_array_equal(np.concatenate(blocks), np.arange(n))
    assert min(map(len, blocks)) >= min(n, 32)


def test_a_network_starts_at_an_answer_of_zero_from_layers_that_differ():
    architecture = DenseArchitecture("relu", 5, 2, (7, 4), 3)
    weights = architecture.unpack(architecture.initial(np.random.RandomState(0)))
    assert not any(weights[name].any() for name in ("W_yx", "W_yh", "b_y", "b_h_l0", "b_h_l1"))
    # Uniform of Glorot's width: sqrt(6 / (10 + 7)), and 70 numbers come near its ends.
    assert 0.5 < np.abs(weights["W_hx_l0"]).max() <= np.sqrt(6.0 / 17.0)
    assert weights["W_hx_l1"].any()


def test_an_infinite_number_is_told_by_the_loss_and_not_by_a_warning():
    problem = make_problem("identity")
    huge = replace(problem, theta=problem.theta * 1e200)
    loss, _ = huge.loss_and_gradient()
    assert not np.isfinite(loss)
