"""Every cell of a network, in layers: held against its naive loop and that loop's derivatives.

A cell that is added to `NETWORK_CELLS` and to `NAIVE_STEPS` is covered by all of this.
"""

from dataclasses import dataclass, replace
from functools import partial

import naive
import numpy as np
import pytest
from cases import relative_error

from tsrnn._input.sequences import Sequences
from tsrnn._recurrent import engine as engine_module
from tsrnn._recurrent import pieces as pieces_module
from tsrnn._recurrent import run as run_module
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn._recurrent.run import Dropout
from tsrnn.cells import NETWORK_CELLS

# Some tens of operations, each rounded to 1e-16; a hyperbolic tangent of ours is off by 4e-16.
ROUNDING = 1e-13
# The same in float32.
SINGLE = 2e-6
# What the design asks of an adjoint against complex-step derivatives, which are exact to rounding.
EXACT = 1e-10
# Central differences with a step of 1e-6 keep about ten of sixteen digits.
DIFFERENCES = 1e-6

# Every kind of stack: a layer, two, and two that read both ways.
STACKS = {"layer": ((3,), False), "stack": ((4, 3), False), "both ways": ((3, 2), True)}

every_cell = pytest.mark.parametrize("name", NETWORK_CELLS)
every_stack = pytest.mark.parametrize("stack", STACKS)
either_output = pytest.mark.parametrize("by_step", [False, True], ids=["last", "by step"])


@dataclass(frozen=True)
class LinearLoss:
    """The sum of outputs times targets: its gradient is the targets."""

    def value_and_gradient(self, outputs, targets, weights):
        d_outputs = (targets * weights[:, None]).astype(outputs.dtype)
        return float(np.sum(outputs.astype(float) * d_outputs)), d_outputs


@dataclass(frozen=True)
class Problem:
    """A network, sequences, and a loss that is linear in its outputs."""

    architecture: Architecture
    theta: np.ndarray
    sequences: Sequences
    targets: np.ndarray
    weights: np.ndarray
    by_step: bool

    def engine(self, **options):
        return Engine(self.architecture, return_sequences=self.by_step, **options)

    def sequence(self, i):
        return self.sequences.values[self.sequences.offsets[i] : self.sequences.offsets[i + 1]]

    def loss_and_gradient(self, theta=None, rows=None, **options):
        rows = np.arange(self.sequences.n_sequences) if rows is None else rows
        with self.engine(**options) as engine:
            return engine.loss_and_gradient(
                self.theta if theta is None else theta,
                self.sequences,
                rows,
                self.targets,
                self.weights,
                LinearLoss(),
            )

    def predict(self, **options):
        with self.engine(**options) as engine:
            return engine.predict(self.theta, self.sequences)

    def naive_predictions(self, theta=None, bptt_steps=None):
        theta = self.theta if theta is None else theta
        outputs = [
            naive.network(self.architecture, theta, self.sequence(i), self.by_step, bptt_steps)
            for i in range(self.sequences.n_sequences)
        ]
        return np.concatenate(outputs) if self.by_step else np.array(outputs)

    def naive_loss(self, theta, bptt_steps=None):
        weights = self.weights
        if self.by_step:
            weights = np.repeat(weights, self.sequences.lengths)
        return np.sum(self.naive_predictions(theta, bptt_steps) * self.targets * weights[:, None])


def make_problem(
    name, stack="layer", by_step=False, *, lengths=(5, 1, 7), dtype=np.float64, seed=0, **shape
):
    rng = np.random.default_rng(seed)
    sizes, bidirectional = STACKS[stack]
    architecture = Architecture(name, 2, sizes, 2, bidirectional, **shape)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    n_rows = offsets[-1] if by_step else len(lengths)
    if architecture.n_tokens:
        values = rng.integers(architecture.n_tokens, size=offsets[-1]).astype(np.int32)
    else:
        values = rng.normal(size=(offsets[-1], 2)).astype(dtype)
    return Problem(
        architecture,
        # Small enough for states of order one over some tens of steps.
        rng.normal(0.0, 0.5, architecture.n_parameters).astype(dtype),
        Sequences(values, offsets),
        rng.normal(size=(n_rows, 2)).astype(dtype),
        rng.uniform(0.5, 2.0, len(lengths)).astype(dtype),
        by_step,
    )


def assert_away_from_kinks(problem):
    """A rectifier's derivative jumps at 0: no test of it may sit there."""
    if problem.architecture.cell != "elman_relu":
        return
    linear = replace(problem.architecture, cell="elman_identity", hidden_sizes=(3,))
    weights = problem.architecture.unpack(problem.theta)
    for i in range(problem.sequences.n_sequences):
        h = np.zeros(linear.hidden_sizes[0])
        for x in problem.sequence(i):
            a = naive.elman_step("identity", weights, x, h, None)[0]
            # Ten times the largest step of the central differences.
            assert np.abs(a).min() > 1e-5
            h = np.maximum(a, 0.0)


def test_every_cell_has_a_naive_step():
    assert set(NETWORK_CELLS) == set(naive.NAIVE_STEPS)


@every_cell
def test_a_cell_has_the_name_it_is_found_under(name):
    assert NETWORK_CELLS[name].name == name


@every_cell
@every_stack
@either_output
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, ROUNDING), (np.float32, SINGLE)])
def test_the_engine_computes_what_the_naive_loop_does(name, stack, by_step, dtype, tolerance):
    # More sequences than a vector has lanes, so that some follow others on their lane.
    lengths = np.random.default_rng(1).integers(1, 12, size=45)
    problem = make_problem(name, stack, by_step, lengths=lengths, dtype=dtype)
    predictions = problem.predict()
    assert predictions.dtype == dtype
    assert relative_error(predictions, problem.naive_predictions()) <= tolerance


@every_cell
@every_stack
@either_output
def test_the_gradient_is_the_derivative_of_the_naive_loop(name, stack, by_step):
    problem = make_problem(name, stack, by_step, learns_h_init=True)
    loss, gradient = problem.loss_and_gradient()
    assert loss == pytest.approx(problem.naive_loss(problem.theta), rel=ROUNDING)
    expected = naive.complex_step_gradient(problem.naive_loss, problem.theta)
    assert np.linalg.norm(expected) > 0.0
    assert relative_error(gradient, expected) <= EXACT


@every_cell
@every_stack
@pytest.mark.parametrize("bptt_steps", [None, 2])
def test_a_linear_path_adds_what_a_regression_says_of_the_sequence(name, stack, bptt_steps):
    """More sequences than lanes; the path is cut nowhere, whatever the recurrent part is."""
    problem = make_problem(name, stack, lengths=[5] * 19, n_linear=10)
    assert relative_error(problem.predict(), problem.naive_predictions()) <= ROUNDING
    loss, gradient = problem.loss_and_gradient(bptt_steps=bptt_steps)
    directions = np.random.default_rng(2).normal(size=(4, problem.theta.size))
    slopes = [
        naive.complex_step_slope(
            partial(problem.naive_loss, bptt_steps=bptt_steps), problem.theta, d
        )
        for d in directions
    ]
    assert relative_error(directions @ gradient, slopes) <= EXACT
    rows = np.array([17, 3])
    parts = [problem.loss_and_gradient(rows=rows[i : i + 1])[1] for i in range(2)]
    assert relative_error(problem.loss_and_gradient(rows=rows)[1], sum(parts)) <= ROUNDING


def test_a_linear_path_starts_at_zero_and_leaves_the_other_weights_as_they_are():
    plain, linear = Architecture("gru", 2, (3,), 2), Architecture("gru", 2, (3,), 2, n_linear=8)
    weights = linear.unpack(linear.initial(np.random.RandomState(0)))
    assert not weights.pop("W_yx").any()
    for name, array in plain.unpack(plain.initial(np.random.RandomState(0))).items():
        np.testing.assert_array_equal(weights[name], array)


@every_cell
@every_stack
@either_output
def test_tokens_are_looked_up_in_an_embedding_that_learns_as_well(name, stack, by_step):
    """More tokens than occur, and sequences on several tapes that share some."""
    lengths = np.random.default_rng(1).integers(1, 6, size=20)
    problem = make_problem(name, stack, by_step, lengths=lengths, n_tokens=9)
    problem.sequences.values[problem.sequences.values == 4] = 5
    assert relative_error(problem.predict(), problem.naive_predictions()) <= ROUNDING
    rows = np.array([3, 11, 18])
    loss, gradient = problem.loss_and_gradient()
    # Any number of the gradient that were wrong would show in each of some directions.
    directions = np.random.default_rng(2).normal(size=(4, problem.theta.size))
    slopes = [naive.complex_step_slope(problem.naive_loss, problem.theta, d) for d in directions]
    assert relative_error(directions @ gradient, slopes) <= EXACT
    assert not problem.architecture.unpack(gradient)["E"][4].any()
    parts = [problem.loss_and_gradient(rows=rows[i : i + 1])[1] for i in range(3)]
    assert relative_error(problem.loss_and_gradient(rows=rows)[1], sum(parts)) <= ROUNDING


@every_cell
@either_output
@pytest.mark.parametrize("n_tokens", [0, 9])
def test_dropout_is_the_same_for_the_same_seed_and_right_on_average(name, by_step, n_tokens):
    """Of a loss that is linear in what is dropped, as that of states is, the mean is the loss."""
    problem = make_problem(name, by_step=by_step, lengths=[5] * 20, n_tokens=n_tokens)

    def run(seed, words, n_jobs):
        with problem.engine(n_jobs=n_jobs) as engine:
            return engine.loss_and_gradient(
                problem.theta,
                problem.sequences,
                np.arange(20),
                problem.targets,
                problem.weights,
                LinearLoss(),
                Dropout(words=words, states=0.5, seed=seed),
            )

    one, same, other = run(0, 0.3, 1), run(0, 0.3, 2), run(1, 0.3, 1)
    assert one[0] == same[0] and one[0] != other[0]
    np.testing.assert_array_equal(one[1], same[1])
    losses = np.array([run(seed, 0.0, 1)[0] for seed in range(200)])
    error = losses.std() / np.sqrt(losses.size)
    assert abs(losses.mean() - problem.loss_and_gradient()[0]) <= 4.0 * error  # one in 16,000


@every_cell
@either_output
def test_the_gradient_agrees_with_differences_of_the_engine(name, by_step):
    problem = make_problem(name, by_step=by_step, seed=1)
    assert_away_from_kinks(problem)
    expected = naive.central_differences(
        lambda theta: problem.loss_and_gradient(theta)[0], problem.theta
    )
    assert relative_error(problem.loss_and_gradient()[1], expected) <= DIFFERENCES


@every_cell
@every_stack
def test_the_gradient_in_single_precision_is_that_in_double(name, stack):
    double = make_problem(name, stack, lengths=[9] * 40)
    single = make_problem(name, stack, lengths=[9] * 40, dtype=np.float32)
    # Forty sums of rounded terms, of both signs.
    assert relative_error(single.loss_and_gradient()[1], double.loss_and_gradient()[1]) <= 1e-5


@every_cell
@every_stack
@either_output
def test_one_run_is_the_run_in_pieces(name, stack, by_step, monkeypatch):
    """Kernels are called for some steps at a time; how many changes no bit of a prediction."""
    problem = make_problem(name, stack, by_step, lengths=[9, 4, 11])
    whole = problem.predict(), problem.loss_and_gradient()
    monkeypatch.setattr(run_module, "_SHARE_FLOPS", 1.0)
    pieces = problem.predict(), problem.loss_and_gradient()
    np.testing.assert_array_equal(pieces[0], whole[0])
    assert pieces[1][0] == whole[1][0]
    # The weight gradient is summed a piece at a time.
    assert relative_error(pieces[1][1], whole[1][1]) <= ROUNDING


@every_cell
@pytest.mark.parametrize("stack", ["layer", "stack"])
@either_output
def test_long_sequences_are_read_a_piece_at_a_time_to_the_same_bits(
    name, stack, by_step, monkeypatch
):
    problem = make_problem(name, stack, by_step, lengths=[9, 4, 11], learns_h_init=True)
    whole = problem.predict()
    monkeypatch.setattr(pieces_module, "_PIECE_BYTES", 1)
    np.testing.assert_array_equal(problem.predict(), whole)


@pytest.mark.parametrize("name", [n for n, cell in NETWORK_CELLS.items() if not cell.has_c])
@pytest.mark.parametrize("cut", [1, 4])
def test_the_state_at_a_cut_is_all_that_a_run_needs_to_go_on(name, cut):
    problem = make_problem(name, by_step=True, lengths=[9], learns_h_init=True)
    with problem.engine() as engine:
        states = engine.hidden_states(problem.theta, problem.sequences)
        weights = problem.architecture.unpack(problem.theta) | {"h_init": states[cut - 1]}
        rest = Sequences(problem.sequences.values[cut:], np.array([0, 9 - cut]))
        after = engine.hidden_states(problem.architecture.pack(weights), rest)
    np.testing.assert_array_equal(after, states[cut:])


@every_cell
@every_stack
@either_output
def test_a_sequence_among_others_is_that_sequence_alone_bit_for_bit(name, stack, by_step):
    lengths = np.random.default_rng(1).integers(1, 12, size=21)
    problem = make_problem(name, stack, by_step, lengths=lengths)
    among = problem.predict()
    for i in (0, 7, 20):
        alone = replace(
            problem,
            sequences=Sequences(problem.sequence(i).copy(), np.array([0, lengths[i]])),
        ).predict()
        start = problem.sequences.offsets[i]
        rows = slice(start, start + lengths[i]) if by_step else slice(i, i + 1)
        # The head is one product over all rows, whose blocking numpy chooses by their number.
        np.testing.assert_allclose(among[rows], alone, rtol=1e-13, atol=1e-14)


@every_cell
@either_output
def test_the_states_of_a_sequence_do_not_depend_on_its_company(name, by_step):
    lengths = np.random.default_rng(1).integers(1, 12, size=21)
    problem = make_problem(name, "both ways", by_step, lengths=lengths)
    with problem.engine() as engine:
        among = engine.hidden_states(problem.theta, problem.sequences)
        for i in (0, 7, 20):
            one = Sequences(problem.sequence(i).copy(), np.array([0, lengths[i]]))
            start = problem.sequences.offsets[i]
            np.testing.assert_array_equal(
                among[start : start + lengths[i]], engine.hidden_states(problem.theta, one)
            )


@every_cell
@every_stack
@either_output
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_change_no_bit(name, stack, by_step, dtype, monkeypatch):
    # So little work a tape that there are several.
    monkeypatch.setattr(engine_module, "_TAPE_FLOPS", 1e4)
    lengths = np.random.default_rng(1).integers(1, 40, size=70)
    problem = make_problem(name, stack, by_step, lengths=lengths, dtype=dtype)
    runs = [(problem.predict(n_jobs=n), *problem.loss_and_gradient(n_jobs=n)) for n in (1, 2, 3)]
    for run in runs[1:]:
        np.testing.assert_array_equal(run[0], runs[0][0])
        assert run[1] == runs[0][1]
        np.testing.assert_array_equal(run[2], runs[0][2])


@every_cell
@every_stack
def test_a_batch_is_the_sum_of_its_sequences(name, stack):
    lengths = np.random.default_rng(1).integers(1, 12, size=30)
    problem = make_problem(name, stack, lengths=lengths)
    rows = np.array([29, 3, 17, 4])
    loss, gradient = problem.loss_and_gradient(rows=rows)
    alone = [problem.loss_and_gradient(rows=rows[i : i + 1]) for i in range(4)]
    assert loss == pytest.approx(sum(one for one, _ in alone), rel=ROUNDING)
    assert relative_error(gradient, sum(one for _, one in alone)) <= ROUNDING


@every_cell
@every_stack
@either_output
def test_truncation_is_the_gradient_of_a_loop_whose_state_is_detached(
    name, stack, by_step, monkeypatch
):
    """Counted from the end of each sequence, in one piece and in pieces of so many steps."""
    bptt_steps = 3
    problem = make_problem(name, stack, by_step, lengths=[8, 2, 6], seed=3, learns_h_init=True)
    expected = naive.complex_step_gradient(
        lambda theta: problem.naive_loss(theta, bptt_steps), problem.theta
    )
    whole = problem.loss_and_gradient(bptt_steps=bptt_steps)
    monkeypatch.setattr(pieces_module, "_PIECE_BYTES", 1)
    for loss, gradient in (whole, problem.loss_and_gradient(bptt_steps=bptt_steps)):
        assert loss == pytest.approx(problem.naive_loss(problem.theta), rel=ROUNDING)
        assert relative_error(gradient, expected) <= EXACT
    # The cut matters, so that the above could not pass without it.
    assert relative_error(whole[1], problem.loss_and_gradient()[1]) > 1e4 * EXACT


@every_cell
@pytest.mark.parametrize("bptt_steps", [1, 4, 10])
def test_of_a_target_at_the_end_the_gradient_reaches_as_many_steps_and_no_more(name, bptt_steps):
    """Weights of the input get nothing from steps before: there features are of one kind alone."""
    problem = make_problem(name, lengths=[11])
    values = problem.sequences.values
    values[:-bptt_steps, 1] = 0.0  # the second feature is there within reach,
    values[-bptt_steps:, 0] = 0.0  # the first one beyond it
    values[-bptt_steps, 1] = 1.0
    values[len(values) - bptt_steps + 1 :, 1] = 0.0
    W_hx = problem.architecture.unpack(problem.loss_and_gradient(bptt_steps=bptt_steps)[1])["W_hx"]
    assert not W_hx[:, 0].any()
    assert W_hx[:, 1].any()


@every_cell
@pytest.mark.parametrize("bptt_steps", [11, 12, 10**12])
def test_truncation_at_or_beyond_the_end_is_no_truncation(name, bptt_steps):
    problem = make_problem(name, lengths=[11, 3])
    np.testing.assert_array_equal(
        problem.loss_and_gradient(bptt_steps=bptt_steps)[1], problem.loss_and_gradient()[1]
    )


@every_cell
@every_stack
def test_norms_of_gradients_by_lag_are_those_of_the_naive_loop(name, stack):
    """The derivative by a state is that by a number added to it."""
    problem = make_problem(name, stack, lengths=[6, 4])
    with problem.engine() as engine:
        norms = engine.gradient_norms(
            problem.theta, problem.sequences, problem.targets, problem.weights, LinearLoss()
        )
    assert norms.shape == (len(problem.architecture.hidden_sizes), 6)
    weights, squares = problem.architecture.unpack(problem.theta), np.zeros(6)
    D = problem.architecture.hidden_sizes[-1]
    # The head reads the forward half at the last step.
    direct = (problem.targets * problem.weights[:, None]) @ weights["W_yh"][:, :D]
    if stack == "stack":
        assert norms[1, 0] == pytest.approx(np.linalg.norm(direct), rel=EXACT)
    if stack != "layer":
        return
    for i, length in enumerate((6, 4)):
        for t in range(length):

            def loss(shift, i=i, t=t):
                h, c = np.zeros(3), np.zeros(3)
                for s, x in enumerate(problem.sequence(i)):
                    h, c = naive.NAIVE_STEPS[name](weights, x, h, c)
                    h = h + shift if s == t else h
                output = weights["W_yh"] @ h + weights["b_y"]
                return np.sum(output * problem.targets[i]) * problem.weights[i]

            gradient = naive.complex_step_gradient(loss, np.zeros(3))
            squares[length - 1 - t] += np.sum(gradient**2)
    assert relative_error(norms[0], np.sqrt(squares)) <= EXACT


def test_norms_of_gradients_that_all_but_vanish_are_not_zero_in_single_precision():
    problem = make_problem("elman_tanh", lengths=[80], dtype=np.float32)
    problem.architecture.unpack(problem.theta)["W_hh"][:] = 0.3 * np.eye(3)
    with problem.engine() as engine:
        norms = engine.gradient_norms(
            problem.theta, problem.sequences, problem.targets, problem.weights, LinearLoss()
        )
    # Their squares are beyond single precision.
    assert 1e-60 < norms[0, -1] < 0.3**79 * norms[0, 0]


@every_cell
def test_what_is_not_a_number_stays_in_its_sequence(name):
    problem = make_problem(name, lengths=[5] * 30)
    expected = problem.predict()
    problem.sequences.values[problem.sequences.offsets[11] + 2] = np.nan
    actual = problem.predict()
    others = np.arange(30) != 11
    assert np.isnan(actual[11]).all()
    np.testing.assert_array_equal(actual[others], expected[others])


@pytest.mark.parametrize("name", ["elman_identity", "elman_relu"])
def test_a_lane_that_idles_cannot_explode(name):
    """A short sequence beside one so long that its states overflow if they are not put back."""
    problem = make_problem(name, lengths=[2, 3000])
    weights = {
        key: value.copy() for key, value in problem.architecture.unpack(problem.theta).items()
    }
    weights["W_hh"][:] = 3.0 * np.eye(3)
    weights["W_hx"][:], weights["b_h"][:] = 1.0, 1.0
    # The long sequence does explode; it has no part in what is asked for.
    exploding = replace(problem, theta=problem.architecture.pack(weights))
    exploding.sequences.values[:] = np.abs(exploding.sequences.values)
    alone = exploding.loss_and_gradient(rows=np.array([0]))
    assert np.isfinite(alone[0]) and np.isfinite(alone[1]).all()
    calm = replace(exploding, weights=np.array([1.0, 1.0]))
    weights["W_hh"][:] = 0.5 * np.eye(3)
    weights["b_h"][:] = 0.0
    both = calm.loss_and_gradient(problem.architecture.pack(weights))
    assert np.isfinite(both[0]) and np.isfinite(both[1]).all()


def test_weights_survive_packing_and_wrong_ones_are_named():
    architecture = Architecture("gru", 2, (3, 2), 1, True)
    theta = np.arange(float(architecture.n_parameters))
    weights = architecture.unpack(theta)
    assert "W_hh_l1_reverse" in weights and "b_hn_l0" in weights
    np.testing.assert_array_equal(architecture.pack(weights), theta)
    with pytest.raises(ValueError, match=r"b_y must have shape \(1,\), got \(2,\)"):
        architecture.pack(weights | {"b_y": np.zeros(2)})
    with pytest.raises(ValueError, match="V is none of its weights"):
        architecture.pack(weights | {"V": np.zeros(2)})


def test_initial_weights_are_those_of_the_literature():
    architecture = Architecture("lstm", 2, (8,), 1)
    weights = architecture.unpack(architecture.initial(np.random.RandomState(0)))
    for gate in weights["W_hh"].reshape(4, 8, 8):
        np.testing.assert_allclose(gate @ gate.T, np.eye(8), atol=1e-14)
    np.testing.assert_array_equal(weights["b_h"].reshape(4, 8)[1], np.ones(8))
    assert not weights["b_h"].reshape(4, 8)[[0, 2, 3]].any()
    assert np.abs(weights["W_hx"]).max() <= np.sqrt(6.0 / 10.0)
