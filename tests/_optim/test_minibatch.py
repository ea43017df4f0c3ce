"""Optimisers for mini-batches against the formulas as published, one number at a time."""

import copy
import math
import pickle
import tracemalloc

import numpy as np
import pytest

from tsrnn._optim.minibatch import SGD, Adam, MovingAverage, RMSprop, clip_by_norm

OPTIMIZERS = {
    "rmsprop": RMSprop(0.01),
    "rmsprop, other": RMSprop(0.3, rho=0.5, epsilon=0.2),
    "adam": Adam(0.01),
    "adam, other": Adam(0.3, beta_1=0.5, beta_2=0.7, epsilon=0.2),
    "adam, no memory": Adam(0.3, beta_1=0.0, beta_2=0.0),
    "sgd": SGD(0.01),
    "sgd, heavy ball": SGD(0.3, momentum=0.7, nesterov=False),
    "sgd, no momentum": SGD(0.3, momentum=0.0),
}
DTYPES = (np.float32, np.float64)

# Some hundred roundings of numbers of order one, which mostly cancel.
ROUNDING = {np.float32: 2e-5, np.float64: 1e-13}

every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def naive_rmsprop(optimizer, theta, gradients):
    v = 0.0
    for g in gradients:
        v = optimizer.rho * v + (1.0 - optimizer.rho) * g**2
        theta -= optimizer.learning_rate * g / math.sqrt(v + optimizer.epsilon)
    return theta


def naive_adam(optimizer, theta, gradients):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = optimizer.beta_1 * m + (1.0 - optimizer.beta_1) * g
        v = optimizer.beta_2 * v + (1.0 - optimizer.beta_2) * g**2
        m_unbiased = m / (1.0 - optimizer.beta_1**t)
        v_unbiased = v / (1.0 - optimizer.beta_2**t)
        theta -= optimizer.learning_rate * m_unbiased / (math.sqrt(v_unbiased) + optimizer.epsilon)
    return theta


def naive_sgd(optimizer, theta, gradients):
    """As Sutskever et al. have Nesterov's momentum, from the point looked ahead to."""
    velocity = 0.0
    for g in gradients:
        velocity = optimizer.momentum * velocity - optimizer.learning_rate * g
        if optimizer.nesterov:
            theta += optimizer.momentum * velocity - optimizer.learning_rate * g
        else:
            theta += velocity
    return theta


NAIVE = {RMSprop: naive_rmsprop, Adam: naive_adam, SGD: naive_sgd}


def descend(optimizer, theta, gradients, state=None):
    state = optimizer.init(theta) if state is None else state
    for gradient in gradients:
        state = optimizer.update(theta, gradient, state)
    return state


def problem(dtype=np.float64, n_steps=100, n_parameters=7, seed=0):
    generator = np.random.default_rng(seed)
    # Gradients from far below epsilon to far above one.
    scales = 10.0 ** generator.integers(-6, 4, n_parameters)
    gradients = generator.standard_normal((n_steps, n_parameters)) * scales
    return generator.standard_normal(n_parameters).astype(dtype), gradients.astype(dtype)


@every_dtype
@every_optimizer
def test_steps_are_those_of_the_formula_as_published(optimizer, dtype):
    theta, gradients = problem(dtype)
    naive = NAIVE[type(optimizer)]
    expected = [
        naive(optimizer, float(theta[k]), gradients[:, k].astype(float).tolist()) for k in range(7)
    ]
    moved = np.abs(expected - theta).max()
    assert moved > 0.01
    descend(optimizer, theta, gradients)
    assert theta.dtype == dtype
    np.testing.assert_allclose(theta, expected, rtol=ROUNDING[dtype], atol=ROUNDING[dtype] * moved)


@every_dtype
@every_optimizer
def test_a_step_moves_theta_in_place_and_leaves_the_gradient_alone(optimizer, dtype):
    whole = np.ones(9, dtype)
    theta = whole[2:7]
    gradient = np.arange(5, dtype=dtype)
    optimizer.update(theta, gradient, optimizer.init(theta))
    np.testing.assert_array_equal(gradient, np.arange(5))
    assert (whole[3:7] < 1.0).all()
    np.testing.assert_array_equal(whole[[0, 1, 2, 7, 8]], 1.0)


@every_dtype
@every_optimizer
def test_a_state_keeps_the_precision_and_does_not_share_memory(optimizer, dtype):
    theta = np.zeros(3, dtype)
    one, other = optimizer.init(theta), optimizer.init(theta)
    for a, b in zip(one, other, strict=True):
        assert a.dtype in (dtype, np.int64)
        assert not any(np.shares_memory(a, c) for c in (b, theta))


@every_optimizer
@pytest.mark.parametrize("keep", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_one_run_is_the_run_in_two_pieces_with_a_copy_of_the_state_between(optimizer, keep):
    theta, gradients = problem()
    in_pieces = theta.copy()
    descend(optimizer, theta, gradients)
    state = keep(descend(optimizer, in_pieces, gradients[:30]))
    descend(optimizer, in_pieces, gradients[30:], state)
    np.testing.assert_array_equal(in_pieces, theta)


@every_optimizer
def test_a_parameter_moves_as_it_would_alone(optimizer):
    theta, gradients = problem()
    alone = theta[3:4].copy()
    descend(optimizer, theta, gradients)
    descend(optimizer, alone, gradients[:, 3:4])
    # Vector instructions and those for what is left over may round in another way.
    np.testing.assert_allclose(alone[0], theta[3], rtol=1e-14)


@every_optimizer
def test_a_step_takes_no_memory(optimizer):
    theta = np.zeros(100_000)
    gradient = np.ones_like(theta)
    state = optimizer.init(theta)
    tracemalloc.start()
    try:
        for _ in range(10):
            state = optimizer.update(theta, gradient, state)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < theta.nbytes / 10


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient():
    theta = np.zeros(3)
    descend(Adam(0.02), theta, [np.array([1e-3, -5.0, 1e6])])
    # But for epsilon, 1e-8 of 1e-3.
    np.testing.assert_allclose(theta, [-0.02, 0.02, -0.02], rtol=2e-5)


def test_adam_takes_steps_of_the_learning_rate_along_a_constant_gradient():
    theta = np.zeros(2)
    descend(Adam(0.02), theta, [np.array([1.0, -50.0])] * 500)
    # Epsilon, and the rounding of the corrections of 500 steps.
    np.testing.assert_allclose(theta, [-10.0, 10.0], rtol=1e-7)


def test_rmsprop_comes_to_steps_of_the_learning_rate_along_a_constant_gradient():
    theta = np.zeros(1)
    state = descend(RMSprop(0.02), theta, [np.full(1, 3.0)] * 300)
    before = theta.copy()
    descend(RMSprop(0.02), theta, [np.full(1, 3.0)], state)
    # v is 9 (1 - 0.9^300) by then, and epsilon 1e-8 of it.
    assert before[0] - theta[0] == pytest.approx(0.02, rel=1e-8)


def test_momentum_makes_steps_longer_by_one_over_one_minus_momentum():
    theta = np.zeros(1)
    state = descend(SGD(0.02, momentum=0.8, nesterov=False), theta, [np.ones(1)] * 200)
    before = theta.copy()
    descend(SGD(0.02, momentum=0.8, nesterov=False), theta, [np.ones(1)], state)
    # 0.8^200 is below rounding, theta is 20 of which 0.1 are told apart.
    assert before[0] - theta[0] == pytest.approx(0.02 / 0.2, rel=1e-13)


@every_dtype
@every_optimizer
def test_where_the_gradient_has_always_been_zero_nothing_moves(optimizer, dtype):
    theta = np.ones(4, dtype)
    descend(optimizer, theta, np.zeros((20, 4), dtype))
    np.testing.assert_array_equal(theta, 1.0)


@pytest.mark.parametrize("name", ["rmsprop", "adam"])
def test_a_gradient_whose_square_overflows_moves_its_parameter_no_further_than_others(name):
    theta = np.zeros(2, np.float32)
    descend(OPTIMIZERS[name], theta, np.array([[1e25, 1.0]], np.float32))
    assert abs(theta[0]) <= abs(theta[1])


@every_dtype
@pytest.mark.parametrize("name", ["rmsprop", "adam", "sgd"])
def test_means_do_not_stay_subnormal_where_gradients_have_become_zero(name, dtype):
    optimizer = OPTIMIZERS[name]
    theta, gradients = problem(dtype)
    state = descend(optimizer, theta, gradients)
    # 0.9^7000 = 1e-320, and 0.999 needs a hundred times as long: given as a state near the end.
    tiny = float(np.finfo(dtype).tiny)
    state = tuple(np.full_like(a, 100.0 * tiny) if a.dtype == dtype else a for a in state)
    descend(optimizer, theta, np.zeros((200, len(theta)), dtype), state)
    for array in state[:2]:
        magnitudes = np.abs(array[array != 0])
        assert (magnitudes >= tiny).all()
    assert np.isfinite(theta).all()


@every_dtype
@pytest.mark.parametrize("norm", [0.5, 3.0])
def test_a_long_gradient_is_shortened_to_the_norm_and_keeps_its_direction(norm, dtype):
    gradient = np.array([3.0, -4.0, 0.0, 12.0], dtype)
    before = gradient.copy()
    found = clip_by_norm(gradient, norm)
    assert isinstance(found, float)
    assert found == pytest.approx(13.0, rel=1e-6)  # single precision
    assert gradient.dtype == dtype
    np.testing.assert_allclose(gradient, before * (norm / 13.0), rtol=1e-6)


@pytest.mark.parametrize("norm", [13.0, 14.0, np.inf])
def test_a_gradient_that_is_not_too_long_is_left_as_it_is(norm):
    gradient = np.array([3.0, -4.0, 0.0, 12.0])
    assert clip_by_norm(gradient, norm) == 13.0
    np.testing.assert_array_equal(gradient, [3.0, -4.0, 0.0, 12.0])


@every_dtype
@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e20, 1e30])
def test_norms_are_right_where_squares_overflow_or_vanish(size, dtype):
    gradient = np.array([3.0, -4.0], dtype) * dtype(size)
    assert clip_by_norm(gradient, 2.0 * size) == pytest.approx(5.0 * size, rel=1e-6)
    np.testing.assert_allclose(gradient / dtype(size), [1.2, -1.6], rtol=1e-6)


def test_a_gradient_of_zeros_or_of_no_numbers_has_norm_zero():
    assert clip_by_norm(np.zeros(3), 1.0) == 0.0
    assert clip_by_norm(np.zeros(0), 1.0) == 0.0


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_gradient_that_is_not_finite_is_told_by_its_norm_and_left_as_it_is(value):
    gradient = np.array([1.0, value])
    assert not math.isfinite(clip_by_norm(gradient, 0.1))
    np.testing.assert_array_equal(gradient, [1.0, value])


def test_a_moving_average_forgets_its_start_and_then_weighs_steps_by_its_momentum():
    theta = np.zeros(2)
    average, expected = MovingAverage(theta, 0.9), np.zeros(2)
    for n in range(1, 200):
        theta += np.array([1.0, -2.0])
        average.take_in(theta)
        momentum = min(0.9, n / (n + 10))
        expected = momentum * expected + (1 - momentum) * theta
    np.testing.assert_allclose(average.theta, expected, rtol=1e-12)
    # Behind a constant drift by momentum / (1 - momentum) steps of it.
    np.testing.assert_allclose(theta - average.theta, [9.0, -18.0], rtol=1e-3)
    assert MovingAverage(np.zeros(2, np.float32), 0.9).theta.dtype == np.float32


def test_an_average_taken_up_again_goes_on_as_if_it_had_never_been_left():
    steps = np.random.default_rng(0).normal(size=(30, 4))
    whole = MovingAverage(np.zeros(4), 0.9)
    for theta in steps:
        whole.take_in(theta)
    first = MovingAverage(np.zeros(4), 0.9)
    for theta in steps[:7]:
        first.take_in(theta)
    second = MovingAverage(first.theta, 0.9, first.n_steps)
    for theta in steps[7:]:
        second.take_in(theta)
    assert np.array_equal(second.theta, whole.theta) and second.n_steps == 30
