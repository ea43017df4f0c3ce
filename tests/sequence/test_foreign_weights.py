"""Weights in the layouts of Keras and PyTorch, and ours: there, back, and what they compute."""

import subprocess
import sys

import numpy as np
import pytest
import recurrent_golden as golden

from tsrnn import ElmanRNNRegressor, TextRNNClassifier
from tsrnn.sequence.foreign_weights import GATES, from_keras, from_torch, to_keras, to_torch

CELLS = tuple(GATES)
LAYOUTS = {
    "one layer": ((4,), False),
    "two layers": ((4, 4), False),
    "sizes that differ": ((4, 3), False),
    "both ways": ((4,), True),
    "two layers both ways": ((4, 4), True),
    "as many inputs as states": ((3, 3), False),
}

# The frameworks' outputs are float32 and of size 1: some roundings of 6e-8 each.
FLOAT32 = 1e-6


def make_weights(cell, layout, n_inputs=3, n_outputs=2, dtype=np.float64, seed=0):
    """Draw a network in our layout."""
    rng = np.random.default_rng(seed)
    sizes, bidirectional = LAYOUTS[layout]
    plain = len(sizes) == 1 and not bidirectional
    weights = {}
    for number, size in enumerate(sizes):
        for way in ("", "_reverse") if bidirectional else ("",):
            suffix = "" if plain else f"_l{number}{way}"
            rows = GATES[cell] * size
            shapes = {"W_hx": (rows, n_inputs), "W_hh": (rows, size), "b_h": (rows,)}
            shapes |= {"b_hn": (size,)} if cell == "gru" else {}
            weights |= {f"{name}{suffix}": rng.normal(size=shapes[name]) for name in shapes}
        n_inputs = size * (2 if bidirectional else 1)
    weights |= {"W_yh": rng.normal(size=(n_outputs, n_inputs)), "b_y": rng.normal(size=n_outputs)}
    return {name: array.astype(dtype) for name, array in weights.items()}


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_weights_come_back_from_either_framework_as_they_went(cell, layout, dtype):
    weights = make_weights(cell, layout, dtype=dtype)
    assert_same(from_keras(cell, to_keras(cell, weights)), weights)
    assert_same(from_torch(cell, to_torch(cell, weights)), weights)


@pytest.mark.parametrize("case", golden.cases("keras"))
def test_the_arrays_of_keras_come_back_in_their_shapes_and_their_sums_of_biases(case):
    arrays = list(golden.below(f"keras/{case}/weights").values())
    back = to_keras(golden.kind(case), from_keras(golden.kind(case), arrays))
    assert [a.shape for a in back] == [a.shape for a in arrays]
    for array, original in zip(back, arrays, strict=True):
        if array.shape[:-1] == (2,):  # the two biases of a GRU
            split = array.shape[1] // 3 * 2
            assert not array[1, :split].any()
            np.testing.assert_array_equal(array[:, split:], original[:, split:])
            array, original = array[:, :split].sum(axis=0), original[:, :split].sum(axis=0)
        np.testing.assert_array_equal(array, original)


@pytest.mark.parametrize("case", golden.cases("torch"))
def test_the_state_dict_of_torch_comes_back_with_its_keys_and_its_sums_of_biases(case):
    state = golden.below(f"torch/{case}/weights")
    cell = golden.kind(case)
    back = to_torch(cell, from_torch(cell, state))
    assert list(back) == list(state)
    for name, original in state.items():
        if "bias_hh" in name:
            start = len(original) // 3 * 2 if cell == "gru" else len(original)
            np.testing.assert_array_equal(back[name][start:], original[start:])
            first = name.replace("bias_hh", "bias_ih")
            np.testing.assert_array_equal(back[name] + back[first], original + state[first])
        elif "bias_ih" not in name:
            np.testing.assert_array_equal(back[name], original)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def step(cell, activation, weights, suffix, x, h, c):
    """One step of a cell from its equations, gate by gate."""
    W_x, W_h, b = (np.split(weights[f"{n}{suffix}"], GATES[cell]) for n in ("W_hx", "W_hh", "b_h"))
    of_x = [W @ x + bias for W, bias in zip(W_x, b, strict=True)]
    of_h = [W @ h for W in W_h]
    if cell == "elman":
        return activation(of_x[0] + of_h[0]), c
    if cell == "gru":
        reset, update = (sigmoid(of_x[k] + of_h[k]) for k in (0, 1))
        new = np.tanh(of_x[2] + reset * (of_h[2] + weights[f"b_hn{suffix}"]))
        return (1 - update) * new + update * h, c
    i, f, g, o = (a + b for a, b in zip(of_x, of_h, strict=True))
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def run(cell, activation, weights, x):
    """Outputs of a network for one sequence: at the end, and at every step."""
    weights = {name: array.astype(np.float64) for name, array in weights.items()}
    ways = ("", "_reverse") if "W_hx_l0_reverse" in weights else ("",)
    n_layers = 1 if "W_hx" in weights else sum(n.startswith("W_hx_l") for n in weights) // len(ways)
    for number in range(n_layers):
        states = []
        for way in ways:
            suffix = "" if "W_hx" in weights else f"_l{number}{way}"
            h = c = np.zeros(weights[f"W_hh{suffix}"].shape[1])
            order = range(len(x)) if way == "" else range(len(x))[::-1]
            of_way = np.empty((len(x), len(h)))
            for t in order:
                h, c = step(cell, activation, weights, suffix, x[t], h, c)
                of_way[t] = h
            states.append(of_way)
        ends = np.concatenate([states[0][-1], *(s[0] for s in states[1:])])
        x = np.hstack(states)
    W, b = weights["W_yh"], weights["b_y"]
    return W @ ends + b, x @ W.T + b


ACTIVATIONS = {
    "elman_relu": lambda x: np.maximum(x, 0.0),
    "elman_logistic": sigmoid,
    "elman_identity": lambda x: x,
}


@pytest.mark.parametrize(("framework", "case", "lengths", "dtype"), golden.ASKED)
def test_our_equations_with_the_converted_weights_give_the_frameworks_outputs(
    framework, case, lengths, dtype
):
    cell = golden.kind(case)
    given = golden.below(f"{framework}/{case}/weights")
    weights = (
        from_torch(cell, given) if framework == "torch" else from_keras(cell, [*given.values()])
    )
    data = golden.below(f"data/{lengths}")
    ends = np.cumsum(data["lengths"].astype(int))
    activation = ACTIVATIONS.get(case.split("/")[0], np.tanh)
    sequences = np.split(data["X"].astype(np.float64), ends[:-1])
    last, steps = zip(*(run(cell, activation, weights, x) for x in sequences), strict=True)
    expected = golden.below(f"{framework}/{case}/{dtype}/{lengths}")
    # In float64 the two differ by the rounding of sums in another order alone.
    tolerance = {"rtol": 0.0, "atol": FLOAT32 if dtype == "float32" else 1e-13}
    np.testing.assert_allclose(last, expected["last/outputs"], **tolerance)
    np.testing.assert_allclose(np.vstack(steps), expected["steps/outputs"], **tolerance)


def test_keys_may_have_any_prefix_or_none():
    weights = make_weights("lstm", "two layers")
    state = to_torch("lstm", weights, rnn="encoder.body", head="out")
    assert list(state)[0] == "encoder.body.weight_ih_l0" and "out.weight" in state
    assert_same(from_torch("lstm", state), weights)
    bare = {name.removeprefix("encoder.body."): array for name, array in state.items()}
    assert_same(from_torch("lstm", bare), weights)


def test_layers_of_different_sizes_are_modules_of_their_own():
    state = to_torch("gru", make_weights("gru", "sizes that differ"))
    assert {"rnn.0.weight_ih_l0", "rnn.1.weight_ih_l0", "fc.bias"} <= set(state)


def test_ten_layers_are_read_in_the_order_of_their_numbers():
    layers = [{"W_hx": i * np.eye(2), "W_hh": np.eye(2), "b_h": np.zeros(2)} for i in range(11)]
    weights = {f"{name}_l{i}": a for i, layer in enumerate(layers) for name, a in layer.items()}
    weights |= {"W_yh": np.ones((1, 2)), "b_y": np.zeros(1)}
    state = to_torch("elman", weights)
    mixed = {name: state[name] for name in sorted(state)}  # "_l10" before "_l2"
    assert_same(from_torch("elman", mixed), weights)


def test_results_are_copies(cell):
    weights = make_weights(cell, "one layer")
    for convert_there, convert_back in ((to_keras, from_keras), (to_torch, from_torch)):
        foreign = convert_there(cell, weights)
        ours = convert_back(cell, foreign)
        arrays = list(foreign.values()) if isinstance(foreign, dict) else foreign
        for array in arrays + list(ours.values()):
            assert array.flags.c_contiguous and array.flags.writeable
            array[...] = 0.0
    assert_same(weights, make_weights(cell, "one layer"))


def test_integers_and_mixed_types_become_float64():
    weights = make_weights("elman", "one layer", dtype=np.float32)
    weights["b_y"] = np.array([1, 2])
    assert {array.dtype for array in to_keras("elman", weights)} == {np.dtype(np.float64)}


@pytest.mark.parametrize("position", range(5))
def test_a_wrong_shape_in_keras_list_is_named(cell, position):
    arrays = to_keras(cell, make_weights(cell, "one layer"))
    arrays[position] = np.zeros((7, 5))
    # A kernel of the right width may have any number of rows, so none of these fits anywhere.
    with pytest.raises(ValueError, match=rf"arrays\[{position}\].* shape"):
        from_keras(cell, arrays)


@pytest.mark.parametrize("name", list(to_torch("gru", make_weights("gru", "one layer"))))
def test_a_wrong_shape_in_torch_state_is_named(name):
    state = to_torch("gru", make_weights("gru", "one layer"))
    state[name] = np.zeros((7, 5, 2))
    with pytest.raises(ValueError, match=rf"{name} must have the shape .*got \(7, 5, 2\)"):
        from_torch("gru", state)


@pytest.mark.parametrize("convert", [to_keras, to_torch])
@pytest.mark.parametrize("name", list(make_weights("gru", "two layers both ways")))
def test_our_weights_are_checked_before_they_leave(convert, name):
    weights = make_weights("gru", "two layers both ways")
    with pytest.raises(ValueError, match=rf"{name} must have the shape .*got \(9, 2, 1\)"):
        convert("gru", weights | {name: np.zeros((9, 2, 1))})
    with pytest.raises(ValueError, match=rf"{name} contains NaN"):
        convert("gru", weights | {name: np.full_like(weights[name], np.nan)})
    del weights[name]
    with pytest.raises(ValueError, match=rf"'{name}' is missing among"):
        convert("gru", weights)


def test_layers_that_do_not_fit_together_are_named():
    weights = make_weights("lstm", "two layers")
    wrong = weights | {"W_hx_l1": np.zeros((16, 5))}
    with pytest.raises(ValueError, match=r"W_hx_l1 must have the shape \(16, 4\), got \(16, 5\)"):
        to_keras("lstm", wrong)
    arrays = to_keras("lstm", weights)
    arrays[3] = np.zeros((5, 16))
    with pytest.raises(ValueError, match=r"arrays\[3\] must have the shape \(4, 16\)"):
        from_keras("lstm", arrays)
    state = to_torch("lstm", weights)
    state["rnn.weight_ih_l1"] = np.zeros((16, 5))
    with pytest.raises(ValueError, match=r"rnn.weight_ih_l1 must have the shape \(16, 4\)"):
        from_torch("lstm", state)


def test_what_is_no_such_network_is_refused():
    weights = make_weights("gru", "one layer")
    arrays = to_keras("gru", weights)
    with pytest.raises(ValueError, match=r"arrays\[2\].*reset_after=False"):
        from_keras("gru", [*arrays[:2], arrays[2][0], *arrays[3:]])
    with pytest.raises(ValueError, match="got 4 arrays"):
        from_keras("gru", arrays[:4])
    with pytest.raises(ValueError, match="an odd number"):
        from_keras("gru", [*arrays[:3], np.zeros((8, 2)), np.zeros(2)])
    state = to_torch("gru", weights)
    with pytest.raises(ValueError, match="'embedding.table' is no weight"):
        from_torch("gru", {"embedding.table": np.zeros(2), **state})
    with pytest.raises(ValueError, match="2 Linear"):
        from_torch("gru", state | {"fc2.weight": np.zeros((2, 2))})
    with pytest.raises(ValueError, match="'rnn.bias_hh_l0' is missing"):
        from_torch("gru", {name: a for name, a in state.items() if "bias_hh" not in name})
    with pytest.raises(ValueError, match="'rnn.weight_ih_l1' is missing"):
        from_torch("gru", {name.replace("ih_l0", "ih_l2"): a for name, a in state.items()} | state)
    with pytest.raises(ValueError, match="must hold real numbers, got complex128"):
        from_torch("gru", state | {"fc.bias": np.zeros(2, complex)})
    with pytest.raises(ValueError, match="cell must be one of 'elman', 'gru', 'lstm', got 'rnn'"):
        from_torch("rnn", state)


def test_the_weights_of_another_cell_are_refused(cell):
    weights = make_weights(cell, "one layer")
    for other in set(CELLS) - {cell}:
        with pytest.raises(ValueError):
            to_torch(other, weights)
        with pytest.raises(ValueError):
            from_keras(other, to_keras(cell, weights))
        with pytest.raises(ValueError):
            from_torch(other, to_torch(cell, weights))


def test_neither_framework_is_imported():
    code = "import sys, tsrnn.sequence.foreign_weights; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "keras", "tensorflow"} & set(run.stdout.split())


class Module:
    """What a module of PyTorch or a model of Keras looks like to those who do not import them."""

    def state_dict(self):
        return {}


@pytest.mark.parametrize("given", [Module(), None, [np.zeros(2)], "weights.pt"])
def test_what_is_no_state_of_a_module_is_refused_with_what_would_do(given):
    for read in (
        lambda: from_torch("gru", given),
        lambda: ElmanRNNRegressor.from_torch_weights(given),
    ):
        with pytest.raises(TypeError, match=r"state must be .* module.state_dict\(\) returns, got"):
            read()
    with pytest.raises(TypeError, match=r"module.state_dict\(\) returns, got"):
        TextRNNClassifier.from_torch_weights(given)


@pytest.mark.parametrize("given", [Module(), None, {"kernel": np.zeros(2)}, "weights.h5"])
def test_what_is_no_list_of_arrays_is_refused_with_what_would_do(given):
    for read in (
        lambda: from_keras("gru", given),
        lambda: ElmanRNNRegressor.from_keras_weights(given),
    ):
        with pytest.raises(
            TypeError, match=r"arrays must be .* model.get_weights\(\) returns, got"
        ):
            read()
    with pytest.raises(TypeError, match=r"model.get_weights\(\) returns, got"):
        TextRNNClassifier.from_keras_weights(given)
