"""Losses of networks: values against obvious formulas, gradients against complex steps."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import naive
import numpy as np
import pytest
from cases import relative_error

from tsrnn._optim.losses import (
    AbsoluteErrorLoss,
    BinaryLogLoss,
    HuberLoss,
    NumberLoss,
    PoissonLoss,
    QuantileLoss,
    SoftmaxLogLoss,
    SquaredErrorLoss,
    total,
)

# What the design asks of a gradient against complex-step derivatives, which are exact to rounding.
EXACT = 1e-10
# Sums of a few dozen numbers of order one.
ROUNDING = {np.float32: 1e-6, np.float64: 1e-13}

N_ROWS = 12


def naive_squared(outputs, targets, weights):
    rows = zip(outputs, targets, weights, strict=True)
    return sum(w * np.mean((y - o) ** 2) for o, y, w in rows)


def naive_binary(outputs, targets, weights):
    """The negative logarithm of the probability of what was seen."""
    total = 0.0
    for (o,), y, w in zip(outputs, targets, weights, strict=True):
        p = 1.0 / (1.0 + np.exp(-o))
        total = total - w * (np.log(p) if y == 1 else np.log(1.0 - p))
    return total


def naive_softmax(outputs, targets, weights):
    total = 0.0
    for o, y, w in zip(outputs, targets, weights, strict=True):
        total = total - w * np.log(np.exp(o[y]) / np.sum(np.exp(o)))
    return total


def naive_numbers(of_one):
    """Sum what is said of one output and one target, over those that are not missing."""

    def naive(outputs, targets, weights):
        rows = zip(outputs, targets, weights, strict=True)
        return sum(
            w / len(y) * of_one(o[k], y[k])
            for o, y, w in rows
            for k in range(len(y))
            if y[k] == y[k]
        )

    return naive


def magnitude(number):
    return number if number.real > 0.0 else -number


def naive_huber(delta):
    def of_one(o, y):
        r = magnitude(o - y)
        return r**2 / 2.0 if r.real <= delta else delta * (r - delta / 2.0)

    return naive_numbers(of_one)


def half_deviance(o, y):
    return np.exp(o) - y * o + (y * math.log(y) - y if y > 0.0 else 0.0)


def obvious_quantiles(levels, outputs):
    """The quantile in the middle, and from there step by step outwards."""
    c = min(range(len(levels)), key=lambda j: abs(levels[j] - 0.5))
    scores = [NormalDist().inv_cdf(level) for level in levels]
    made = {c: outputs[c]}
    for j in [*range(c + 1, len(levels)), *range(c - 1, -1, -1)]:
        inner = j - 1 if j > c else j + 1
        step = (scores[j] - scores[inner]) / math.log(2.0)
        made[j] = made[inner] + step * np.log(1.0 + np.exp(outputs[j]))
    return [made[j] for j in range(len(levels))]


def naive_quantiles(levels):
    def naive(outputs, targets, weights):
        total = 0.0
        for o, y, w in zip(outputs, targets, weights, strict=True):
            for k in range(len(y)):
                made = obvious_quantiles(levels, o[k * len(levels) : (k + 1) * len(levels)])
                for level, quantile in zip(levels, made, strict=True):
                    e = y[k] - quantile
                    pinball = (level if e.real > 0.0 else level - 1.0) * e
                    share = w / (len(y) * len(levels) * math.sqrt(level * (1.0 - level)))
                    total = total + (share * pinball if y[k] == y[k] else 0.0)
        return total

    return naive


@dataclass(frozen=True)
class RelativeErrorLoss(NumberLoss):
    """A loss that must know the level of each row, the last column of its targets."""

    n_context = 1

    def value_and_gradient(self, outputs, targets, weights):
        y, (level,), shares = self.parted(outputs, targets, weights)
        errors = (outputs - y) / level
        return total(shares * np.abs(errors)), shares * np.sign(errors) / level


def naive_relative(outputs, targets, weights):
    rows = zip(outputs, targets, weights, strict=True)
    return sum(
        w / len(o) * magnitude((o[k] - y[k]) / y[-1])
        for o, y, w in rows
        for k in range(len(o))
        if y[k] == y[k]
    )


def numbers(*shape):
    return np.random.default_rng(2).normal(size=shape)


def holed(*shape):
    """Numbers some of which are missing: in one row all of them."""
    values = numbers(*shape)
    values[2], values[5, 0] = np.nan, np.nan
    return values


def counts(*shape):
    values = np.random.default_rng(2).poisson(1.5, shape).astype(float)
    values[2], values[5, 0] = np.nan, np.nan
    return values


def with_levels(*shape):
    return np.hstack([holed(*shape), 1.0 + np.abs(numbers(shape[0], 1))])


THREE = (0.025, 0.5, 0.975)
FIVE = (0.1, 0.2, 0.45, 0.7, 0.9)


def classes(n):
    return np.random.default_rng(3).integers(0, n, N_ROWS)


# Loss, its naive form, the number of outputs, targets.
CASES = {
    "squared, one output": (SquaredErrorLoss(), naive_squared, 1, numbers(N_ROWS, 1)),
    "squared, three outputs": (SquaredErrorLoss(), naive_squared, 3, numbers(N_ROWS, 3)),
    "squared, missing": (
        SquaredErrorLoss(),
        naive_numbers(lambda o, y: (o - y) ** 2),
        2,
        holed(N_ROWS, 2),
    ),
    "absolute": (
        AbsoluteErrorLoss(),
        naive_numbers(lambda o, y: magnitude(o - y)),
        2,
        holed(N_ROWS, 2),
    ),
    "huber": (HuberLoss(0.7), naive_huber(0.7), 2, holed(N_ROWS, 2)),
    "poisson": (PoissonLoss(), naive_numbers(half_deviance), 2, counts(N_ROWS, 2)),
    "a quantile": (QuantileLoss((0.9,)), naive_quantiles((0.9,)), 2, holed(N_ROWS, 2)),
    "three quantiles": (QuantileLoss(THREE), naive_quantiles(THREE), 3, holed(N_ROWS, 1)),
    "five quantiles of two": (QuantileLoss(FIVE), naive_quantiles(FIVE), 10, holed(N_ROWS, 2)),
    "two beside the median": (
        QuantileLoss((0.2, 0.9)),
        naive_quantiles((0.2, 0.9)),
        2,
        holed(N_ROWS, 1),
    ),
    "with context": (RelativeErrorLoss(), naive_relative, 2, with_levels(N_ROWS, 2)),
    "binary": (BinaryLogLoss(), naive_binary, 1, classes(2)),
    "softmax, two": (SoftmaxLogLoss(), naive_softmax, 2, classes(2)),
    "softmax, five": (SoftmaxLogLoss(), naive_softmax, 5, classes(5)),
}
every_case = pytest.mark.parametrize(
    ("loss", "naive_loss", "m", "targets"), CASES.values(), ids=CASES
)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def outputs_and_weights(m, dtype=np.float64):
    generator = np.random.default_rng(1)
    outputs = 2.0 * generator.normal(size=(N_ROWS, m))
    weights = generator.uniform(0.5, 2.0, N_ROWS)
    weights[4] = 0.0
    return outputs.astype(dtype), weights.astype(dtype)


@every_case
@every_dtype
def test_a_loss_is_its_naive_sum_and_keeps_the_precision(loss, naive_loss, m, targets, dtype):
    outputs, weights = outputs_and_weights(m, dtype)
    value, gradient = loss.value_and_gradient(outputs, targets, weights)
    assert isinstance(value, float)
    expected = naive_loss(outputs.astype(float), targets, weights.astype(float))
    assert value == pytest.approx(expected, rel=ROUNDING[dtype])
    assert gradient.dtype == dtype and gradient.shape == outputs.shape
    assert loss.predict(outputs).dtype == dtype


@every_case
def test_a_gradient_is_the_derivative_of_the_naive_loss(loss, naive_loss, m, targets):
    outputs, weights = outputs_and_weights(m)
    _, gradient = loss.value_and_gradient(outputs, targets, weights)
    expected = naive.complex_step_gradient(lambda o: naive_loss(o, targets, weights), outputs)
    assert relative_error(gradient, expected) <= EXACT


@every_case
def test_a_gradient_in_single_precision_is_that_in_double(loss, naive_loss, m, targets):
    outputs, weights = outputs_and_weights(m, np.float32)
    _, gradient = loss.value_and_gradient(outputs, targets, weights)
    double = [a.astype(float) for a in (outputs, weights)]
    _, expected = loss.value_and_gradient(double[0], targets, double[1])
    assert relative_error(gradient, expected) <= ROUNDING[np.float32]


@every_case
def test_what_is_passed_is_not_written_to(loss, naive_loss, m, targets):
    passed = [*outputs_and_weights(m), targets.copy()]
    before = [a.copy() for a in passed]
    loss.value_and_gradient(passed[0], passed[2], passed[1])
    loss.predict(passed[0])
    for a, b in zip(passed, before, strict=True):
        np.testing.assert_array_equal(a, b)


@every_case
def test_repeating_a_row_is_doubling_its_weight_and_no_weight_is_no_row(
    loss, naive_loss, m, targets
):
    outputs, _ = outputs_and_weights(m)
    counts = np.arange(N_ROWS) % 3
    value, gradient = loss.value_and_gradient(outputs, targets, counts.astype(float))
    repeated = [a.repeat(counts, axis=0) for a in (outputs, targets)]
    expected, _ = loss.value_and_gradient(*repeated, np.ones(counts.sum()))
    assert value == pytest.approx(expected, rel=ROUNDING[np.float64])
    assert not gradient[counts == 0].any()
    one, of_one = loss.value_and_gradient(outputs[2:3], targets[2:3], np.array([2.0]))
    assert (of_one == gradient[2:3]).all()  # a row knows nothing of the others


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.float32])
def test_targets_of_two_classes_may_be_of_any_type(dtype):
    outputs, weights = outputs_and_weights(1)
    targets = classes(2)
    expected, d_expected = BinaryLogLoss().value_and_gradient(outputs, targets, weights)
    for form in (targets.astype(dtype), targets.astype(dtype)[:, None]):
        value, gradient = BinaryLogLoss().value_and_gradient(outputs, form, weights)
        assert value == expected
        np.testing.assert_array_equal(gradient, d_expected)


def test_targets_of_one_output_may_be_flat():
    outputs, weights = outputs_and_weights(1)
    targets = numbers(N_ROWS)
    value, gradient = SquaredErrorLoss().value_and_gradient(outputs, targets, weights)
    assert value == pytest.approx(naive_squared(outputs, targets[:, None], weights), rel=1e-13)
    assert gradient.shape == outputs.shape


@every_dtype
def test_the_log_loss_of_two_classes_is_right_for_huge_logits(dtype):
    outputs = np.array([[1e4], [1e4], [-1e4], [-1e4]], dtype)
    with np.errstate(all="raise", under="ignore"):
        value, gradient = BinaryLogLoss().value_and_gradient(
            outputs, np.array([0, 1, 0, 1]), np.ones(4, dtype)
        )
        probabilities = BinaryLogLoss().predict(outputs)
    assert value == 2e4
    np.testing.assert_array_equal(gradient, [[1.0], [0.0], [0.0], [-1.0]])
    np.testing.assert_array_equal(probabilities, [[0, 1], [0, 1], [1, 0], [1, 0]])


@every_dtype
def test_the_log_loss_of_several_classes_is_right_for_huge_logits(dtype):
    outputs = np.array([[1e4, -1e4, 0.0]] * 3 + [[-1e4, -1e4, -1e4]], dtype)
    targets = np.array([0, 1, 2, 0])
    with np.errstate(all="raise", under="ignore"):
        value, gradient = SoftmaxLogLoss().value_and_gradient(outputs, targets, np.ones(4, dtype))
        probabilities = SoftmaxLogLoss().predict(outputs)
    assert value == pytest.approx(3e4 + math.log(3.0), rel=ROUNDING[dtype])
    expected = [[0, 0, 0], [1, -1, 0], [1, 0, -1], [-2 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(gradient, expected, rtol=ROUNDING[dtype])
    np.testing.assert_allclose(probabilities, [[1, 0, 0]] * 3 + [[1 / 3] * 3], rtol=1e-6)


@pytest.mark.parametrize("logit", [20.0, 60.0])
@every_dtype
def test_log_losses_of_what_is_nearly_certain_keep_their_digits(logit, dtype):
    """Where 1 + exp(-logit) is 1 in the precision at hand, loss and gradient are not 0."""
    tiny = math.exp(-logit) if logit > 40 else math.log1p(math.exp(-logit))
    slope = math.exp(-logit) / (1.0 + math.exp(-logit))
    one = np.ones(1, dtype)
    value, gradient = BinaryLogLoss().value_and_gradient(
        np.array([[logit]], dtype), np.array([1]), one
    )
    # The exponential of a rounded number of 60.
    assert value == pytest.approx(tiny, rel=1e-5)
    assert gradient[0, 0] == pytest.approx(-slope, rel=1e-5)
    value, gradient = SoftmaxLogLoss().value_and_gradient(
        np.array([[0.0, logit]], dtype), np.array([1]), one
    )
    assert value == pytest.approx(tiny, rel=1e-5)
    np.testing.assert_allclose(gradient[0], [slope, -slope], rtol=1e-5)


def test_two_outputs_say_what_their_difference_says():
    outputs, weights = outputs_and_weights(2)
    targets = classes(2)
    value, gradient = SoftmaxLogLoss().value_and_gradient(outputs, targets, weights)
    difference = outputs[:, 1:] - outputs[:, :1]
    expected, d_difference = BinaryLogLoss().value_and_gradient(difference, targets, weights)
    assert value == pytest.approx(expected, rel=ROUNDING[np.float64])
    np.testing.assert_allclose(gradient[:, 1:], d_difference, rtol=1e-12)
    np.testing.assert_allclose(
        SoftmaxLogLoss().predict(outputs), BinaryLogLoss().predict(difference), rtol=1e-13
    )


@pytest.mark.parametrize("m", [2, 3, 7])
def test_the_largest_output_may_be_there_twice(m):
    outputs = np.zeros((m, m))
    outputs[:, 0] = -1.0
    weights, targets = np.ones(m), np.arange(m)
    value, gradient = SoftmaxLogLoss().value_and_gradient(outputs, targets, weights)
    assert value == pytest.approx(naive_softmax(outputs, targets, weights), rel=1e-13)
    expected = SoftmaxLogLoss().predict(outputs) - np.eye(m)
    np.testing.assert_allclose(gradient, expected, rtol=1e-13)


@every_dtype
def test_probabilities_are_those_of_the_formula_and_add_up_to_one(dtype):
    outputs = outputs_and_weights(4, dtype)[0]
    probabilities = SoftmaxLogLoss().predict(outputs)
    exponentials = np.exp(outputs.astype(float))
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=2 * ROUNDING[dtype])
    both = BinaryLogLoss().predict(outputs[:, :1])
    np.testing.assert_allclose(both[:, 1], 1 / (1 + np.exp(-outputs[:, 0])), rtol=ROUNDING[dtype])
    for p in (probabilities, both):
        np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=ROUNDING[dtype])


def test_a_square_beyond_the_range_of_single_precision_is_an_infinite_loss():
    outputs, targets = np.array([[1e30]], np.float32), np.zeros((1, 1), np.float32)
    with np.errstate(over="ignore"):
        value, gradient = SquaredErrorLoss().value_and_gradient(outputs, targets, np.ones(1))
    assert value == np.inf
    assert np.isfinite(gradient).all()


@every_case
def test_of_no_rows_the_loss_is_zero(loss, naive_loss, m, targets):
    value, gradient = loss.value_and_gradient(np.empty((0, m)), targets[:0], np.empty(0))
    assert value == 0.0
    assert gradient.shape == (0, m)
