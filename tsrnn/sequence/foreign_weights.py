"""Weights of recurrent networks as Keras and PyTorch lay them out, to ours and back.

Neither framework is imported: Keras' side is the list that `model.get_weights()` returns, PyTorch's
is `model.state_dict()`, whose tensors numpy reads as arrays. What each side calls what, for a layer
with p inputs, D states and G gates (1 for Elman, 3 for GRU, 4 for LSTM), gates along the long axis:

| | ours | PyTorch | Keras |
|---|---|---|---|
| inputs | `W_hx` (G D, p) | `weight_ih_l0` (G D, p) | kernel (p, G D) |
| states | `W_hh` (G D, D) | `weight_hh_l0` (G D, D) | recurrent kernel (D, G D) |
| bias | `b_h` (G D,) | `bias_ih_l0` + `bias_hh_l0` | bias (G D,) |
| bias of a GRU | `b_h` (3 D,), `b_hn` (D,) | `bias_ih_l0`, `bias_hh_l0` | bias (2, 3 D) |
| order of a GRU's gates | r, z, n | r, z, n | z, r, n |
| order of an LSTM's gates | i, f, g, o | i, f, g, o | i, f, g, o |
| head | `W_yh` (m, D), `b_y` (m,) | `weight`, `bias` of a Linear | kernel (D, m), bias of a Dense |

Where a framework has two biases that are only ever added, ours is their sum; on the way back the
first gets it all. A GRU adds two to r and z, but the one of the state's part of n, `b_hn`, is
multiplied by r: it stays apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tsrnn._input.validation import check_choice

Cell = Literal["elman", "gru", "lstm"]

GATES: dict[str, int] = {"elman": 1, "gru": 3, "lstm": 4}

# In Keras' order, where our gates are, and the other way round: z, r, n and r, z, n.
_GRU_SWAP = (1, 0, 2)

_TORCH_KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
_TORCH_NAME = re.compile(rf"(?:{'|'.join(_TORCH_KINDS)})_l(\d+)(_reverse)?")

_OUR_NAME = re.compile(r"\w+_l(\d+)(?:_reverse)?")


@dataclass(frozen=True)
class _Direction:
    """One layer in one direction, in our layout; `b_hn` is None but for a GRU."""

    W_hx: np.ndarray
    W_hh: np.ndarray
    b_h: np.ndarray
    b_hn: np.ndarray | None

    @property
    def size(self) -> int:
        return self.W_hh.shape[1]

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: array for name, array in vars(self).items() if array is not None}


def from_keras(cell: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Convert the weights of a Keras model to ours.

    Parameters
    ----------
    cell : {"elman", "gru", "lstm"}
        The kind of the layers: SimpleRNN, GRU (with `reset_after=True`, the default) or LSTM.
    arrays : list of ndarray
        What `get_weights()` of a Sequential of such layers and a Dense returns. Either all layers
        or none are wrapped in Bidirectional (which concatenates, the default), told by the number
        of inputs of the Dense.

    Returns
    -------
    dict of str to ndarray
        Copies, float32 if all arrays are, else float64.

    Raises
    ------
    ValueError
        If an array is missing, has another shape or is not finite; the message names it.
    """
    check_choice("cell", cell, GATES)
    check_arrays(arrays)
    if len(arrays) < 5 or len(arrays) % 3 != 2:
        raise ValueError(
            "expected three arrays (kernel, recurrent kernel, bias) for each recurrent layer, six "
            f"if it is Bidirectional, and two (kernel, bias) for a Dense, got {len(arrays)} arrays"
        )
    named = read_arrays({f"arrays[{i}]": array for i, array in enumerate(arrays)})
    names = list(named)
    *groups, head = [names[i : i + 3] for i in range(0, len(names), 3)]
    directions = [_direction_from_keras(cell, named, group) for group in groups]
    kernel, bias = head
    check_shape(kernel, named[kernel], (None, None))
    bidirectional = named[kernel].shape[0] == 2 * directions[-1].size
    step = 2 if bidirectional else 1
    if len(directions) % step:
        raise ValueError(
            f"{kernel}, the Dense's kernel, has shape {named[kernel].shape}, that of a network "
            f"read both ways, but the layers before it are {len(directions)}, an odd number"
        )
    places = range(0, len(directions), step)
    layers = [directions[i : i + step] for i in places]
    _check_chain(layers, [groups[i : i + step] for i in places], transposed=True)
    n_states, n_outputs = step * directions[-1].size, named[kernel].shape[1]
    check_shape(kernel, named[kernel], (n_states, n_outputs))
    check_shape(bias, named[bias], (n_outputs,))
    return _ours(layers, named[kernel].T, named[bias])


def check_arrays(arrays: object) -> None:
    """Refuse what is no list, such as a model of Keras.

    Raises
    ------
    TypeError
    """
    if not isinstance(arrays, Sequence) or isinstance(arrays, str | bytes):
        raise TypeError(
            f"arrays must be a list, what model.get_weights() returns, got {type(arrays).__name__}"
        )


def check_state(state: object) -> None:
    """Refuse what is no dict, such as a module of PyTorch.

    Raises
    ------
    TypeError
    """
    if not isinstance(state, Mapping):
        raise TypeError(
            f"state must be a dict, what module.state_dict() returns, got {type(state).__name__}"
        )


def read_table(name: str, array: Any) -> np.ndarray:
    """Read the weights of an Embedding, (n_ids, embedding_dim) in either framework.

    Raises
    ------
    ValueError
        If the array has another shape or is not finite; the message names it.
    """
    table = read_arrays({name: array})[name]
    check_shape(name, table, (None, None))
    return table


def _direction_from_keras(
    cell: str, named: Mapping[str, np.ndarray], group: Sequence[str]
) -> _Direction:
    kernel, recurrent, bias = group
    n_gates = GATES[cell]
    check_shape(recurrent, named[recurrent], (None, None))
    size = named[recurrent].shape[0]
    check_shape(recurrent, named[recurrent], (size, n_gates * size))
    check_shape(kernel, named[kernel], (None, n_gates * size))
    if cell != "gru":
        check_shape(bias, named[bias], (n_gates * size,))
        return _Direction(named[kernel].T, named[recurrent].T, named[bias], None)
    if named[bias].shape == (3 * size,):
        raise ValueError(
            f"{bias}, the bias of a GRU, has shape {(3 * size,)}, that of reset_after=False: only "
            f"reset_after=True, whose bias has shape {(2, 3 * size)}, is the cell that we compute"
        )
    check_shape(bias, named[bias], (2, 3 * size))
    of_inputs, of_states = (_swap_gates(row) for row in named[bias])
    b_h, b_hn = _join_gru_biases(of_inputs, of_states)
    return _Direction(_swap_gates(named[kernel].T), _swap_gates(named[recurrent].T), b_h, b_hn)


def to_keras(cell: str, weights: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Convert our weights to the list that `set_weights()` of a Keras model takes.

    Parameters
    ----------
    cell : {"elman", "gru", "lstm"}
        The model's layers are then SimpleRNN, GRU or LSTM, each in a Bidirectional if the weights
        are those of a network that reads both ways, and a Dense.
    weights : dict of str to ndarray
        In our layout.

    Returns
    -------
    list of ndarray

    Raises
    ------
    ValueError
        If an array is missing, has another shape or is not finite; the message names it.
    """
    layers, W_yh, b_y = _layers(cell, weights)
    arrays = []
    for layer in layers:
        for direction in layer:
            W_hx, W_hh, bias = direction.W_hx, direction.W_hh, direction.b_h
            if direction.b_hn is not None:
                of_states = _spread_gru_bias(direction.b_hn)
                bias = np.stack([_swap_gates(bias), _swap_gates(of_states)])
                W_hx, W_hh = _swap_gates(W_hx), _swap_gates(W_hh)
            arrays += [W_hx.T, W_hh.T, bias]
    return [np.array(array, order="C") for array in [*arrays, W_yh.T, b_y]]


def from_torch(cell: str, state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Convert the weights of a PyTorch model to ours.

    Parameters
    ----------
    cell : {"elman", "gru", "lstm"}
        The kind of the layers: torch.nn.RNN, GRU or LSTM.
    state : dict of str to array
        The `state_dict()` of a module that holds one or several of them, in the order in which
        they read each other, and one Linear. What stands before the last dot of a key
        ("rnn.", "layers.0.", "fc.") may be anything.

    Returns
    -------
    dict of str to ndarray
        Copies, float32 if all arrays are, else float64.

    Raises
    ------
    ValueError
        If an array is missing, has another shape, is not finite or belongs to something else; the
        message names it.
    """
    check_choice("cell", cell, GATES)
    check_state(state)
    named = read_arrays(state)
    names, head = _sort_torch_keys(named)
    layers = [[_direction_from_torch(cell, named, group) for group in groups] for groups in names]
    _check_chain(layers, names, transposed=False)
    W_yh, b_y = (_get(named, name) for name in head)
    _check_head(head[0], W_yh, head[1], b_y, layers[-1])
    return _ours(layers, W_yh, b_y)


def _sort_torch_keys(keys: Iterable[str]) -> tuple[list[list[list[str]]], list[str]]:
    """Find the keys of each layer, by direction, in the order they read each other; and the head's.

    Modules come in the order of their keys, the layers of one module by their numbers.
    """
    modules: dict[str, set[str]] = {}
    heads: dict[str, list[str]] = {}
    ways: tuple[str, ...] = ("",)
    for key in keys:
        prefix, dot, last = key.rpartition(".")
        match = _TORCH_NAME.fullmatch(last)
        if match:
            modules.setdefault(prefix + dot, set()).add(match[1])
            ways = ("", "_reverse") if match[2] else ways
        elif last in ("weight", "bias"):
            heads[prefix + dot] = [f"{prefix}{dot}weight", f"{prefix}{dot}bias"]
        else:
            raise ValueError(f"{key!r} is no weight of a recurrent layer nor of a Linear")
    if len(heads) != 1 or not modules:
        raise ValueError(
            f"expected the weights of recurrent layers and of one Linear, got {len(modules)} "
            f"recurrent modules and {len(heads)} Linear: {', '.join(map(repr, keys))}"
        )
    names = [
        [[f"{stem}{kind}_l{layer}{way}" for kind in _TORCH_KINDS] for way in ways]
        for stem, numbers in modules.items()
        for layer in range(len(numbers))
    ]
    return names, next(iter(heads.values()))


def _direction_from_torch(
    cell: str, named: Mapping[str, np.ndarray], group: Sequence[str]
) -> _Direction:
    n_gates = GATES[cell]
    W_hx, W_hh, of_inputs, of_states = (_get(named, name) for name in group)
    check_shape(group[1], W_hh, (None, None))
    size = W_hh.shape[1]
    check_shape(group[1], W_hh, (n_gates * size, size))
    check_shape(group[0], W_hx, (n_gates * size, None))
    check_shape(group[2], of_inputs, (n_gates * size,))
    check_shape(group[3], of_states, (n_gates * size,))
    if cell == "gru":
        return _Direction(W_hx, W_hh, *_join_gru_biases(of_inputs, of_states))
    return _Direction(W_hx, W_hh, of_inputs + of_states, None)


def to_torch(
    cell: str, weights: Mapping[str, np.ndarray], *, rnn: str = "rnn", head: str = "fc"
) -> dict[str, np.ndarray]:
    """Convert our weights to arrays for the `state_dict` of a PyTorch model.

    Parameters
    ----------
    cell : {"elman", "gru", "lstm"}
        The model's layers are then torch.nn.RNN, GRU or LSTM, with a Linear behind them.
    weights : dict of str to ndarray
        In our layout.
    rnn, head : str, default="rnn", "fc"
        The names of the two submodules. Layers of the same size are one module with `num_layers`;
        of different sizes, which PyTorch has no module for, a ModuleList of modules of one layer
        each, "rnn.0" and so on.

    Returns
    -------
    dict of str to ndarray
        `{name: torch.from_numpy(array) ...}` of it is what `load_state_dict` takes.

    Raises
    ------
    ValueError
        If an array is missing, has another shape or is not finite; the message names it.
    """
    layers, W_yh, b_y = _layers(cell, weights)
    one_module = len({layer[0].size for layer in layers}) == 1
    state = {}
    for number, layer in enumerate(layers):
        module, suffix = (rnn, f"l{number}") if one_module else (f"{rnn}.{number}", "l0")
        for direction, way in zip(layer, ("", "_reverse"), strict=False):
            of_states = np.zeros_like(direction.b_h)
            if direction.b_hn is not None:
                of_states = _spread_gru_bias(direction.b_hn)
            arrays = (direction.W_hx, direction.W_hh, direction.b_h, of_states)
            for kind, array in zip(_TORCH_KINDS, arrays, strict=True):
                state[f"{module}.{kind}_{suffix}{way}"] = array.copy()
    return state | {f"{head}.weight": W_yh.copy(), f"{head}.bias": b_y.copy()}


def _layers(
    cell: str, weights: Mapping[str, np.ndarray]
) -> tuple[list[list[_Direction]], np.ndarray, np.ndarray]:
    """Read our dict: the layers, each a list of one or two directions, and the head."""
    check_choice("cell", cell, GATES)
    named = read_arrays(weights)
    numbers = {match[1] for name in named if (match := _OUR_NAME.fullmatch(name))}
    ways = ("", "_reverse") if any(name.endswith("_reverse") for name in named) else ("",)
    suffixes = [[f"_l{i}{way}" for way in ways] for i in range(len(numbers))] or [[""]]
    layers, names = [], []
    for of_layer in suffixes:
        groups = [[f"{name}{suffix}" for name in _our_names(cell)] for suffix in of_layer]
        layers.append([_our_direction(cell, named, group) for group in groups])
        names.append(groups)
    _check_chain(layers, names, transposed=False)
    W_yh, b_y = _get(named, "W_yh"), _get(named, "b_y")
    _check_head("W_yh", W_yh, "b_y", b_y, layers[-1])
    known = {name for groups in names for group in groups for name in group} | {"W_yh", "b_y"}
    for name in named:
        if name not in known:
            raise ValueError(f"{name!r} is no weight of this network: {', '.join(sorted(known))}")
    return layers, W_yh, b_y


def _our_names(cell: str) -> tuple[str, ...]:
    return ("W_hx", "W_hh", "b_h", "b_hn") if cell == "gru" else ("W_hx", "W_hh", "b_h")


def _our_direction(cell: str, named: Mapping[str, np.ndarray], group: Sequence[str]) -> _Direction:
    n_gates = GATES[cell]
    arrays = [_get(named, name) for name in group]
    check_shape(group[1], arrays[1], (None, None))
    size = arrays[1].shape[1]
    shapes = [(n_gates * size, None), (n_gates * size, size), (n_gates * size,), (size,)]
    for name, array, shape in zip(group, arrays, shapes, strict=False):
        check_shape(name, array, shape)
    return _Direction(*arrays, *([] if cell == "gru" else [None]))


def _ours(layers: Sequence[Sequence[_Direction]], W_yh: np.ndarray, b_y: np.ndarray) -> dict:
    """Name the arrays as we do, each a contiguous copy."""
    plain = len(layers) == 1 and len(layers[0]) == 1
    weights: dict[str, np.ndarray] = {}
    for number, layer in enumerate(layers):
        for direction, way in zip(layer, ("", "_reverse"), strict=False):
            suffix = "" if plain else f"_l{number}{way}"
            weights |= {f"{name}{suffix}": array for name, array in direction.arrays().items()}
    weights |= {"W_yh": W_yh, "b_y": b_y}
    return {name: np.array(array, order="C") for name, array in weights.items()}


def _swap_gates(stacked: np.ndarray) -> np.ndarray:
    """Bring the gates of a GRU, along the first axis, from our order to Keras' or back."""
    return np.concatenate([np.split(stacked, 3)[gate] for gate in _GRU_SWAP])


def _join_gru_biases(of_inputs: np.ndarray, of_states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add what r and z add anyway: `b_h` and `b_hn` from two biases in our order of gates."""
    size = len(of_states) // 3
    b_h = of_inputs.copy()
    b_h[: 2 * size] += of_states[: 2 * size]
    return b_h, of_states[2 * size :]


def _spread_gru_bias(b_hn: np.ndarray) -> np.ndarray:
    """Make a bias of all three gates of the one that only n has."""
    return np.concatenate([np.zeros(2 * len(b_hn), b_hn.dtype), b_hn])


def read_arrays(named: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Make arrays of one float type of everything, and refuse what is not finite."""
    arrays = {name: np.asarray(array) for name, array in named.items()}
    single = all(array.dtype == np.float32 for array in arrays.values())
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} contains NaN or infinity")
    dtype = np.float32 if single else np.float64
    return {name: array.astype(dtype) for name, array in arrays.items()}


def _get(named: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in named:
        raise ValueError(f"{name!r} is missing among {', '.join(map(repr, named))}")
    return named[name]


def check_shape(name: str, array: np.ndarray, shape: tuple[int | None, ...]) -> None:
    """Refuse another shape; None stands for any length but 0."""
    lengths = zip(array.shape, shape, strict=False)
    if array.ndim != len(shape) or any(n == 0 or n != m is not None for n, m in lengths):
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        comma = "," if len(shape) == 1 else ""
        raise ValueError(f"{name} must have the shape ({wanted}{comma}), got {array.shape}")


def _check_chain(
    layers: Sequence[Sequence[_Direction]],
    names: Sequence[Sequence[Sequence[str]]],
    *,
    transposed: bool,
) -> None:
    """Refuse layers that cannot read one another; `names` has those of each direction's arrays."""
    n_inputs = layers[0][0].W_hx.shape[1]
    for layer, groups in zip(layers, names, strict=True):
        size = layer[0].size
        for direction, group in zip(layer, groups, strict=True):
            n_rows = len(direction.W_hx) // direction.size * size
            shape = (n_inputs, n_rows) if transposed else (n_rows, n_inputs)
            check_shape(group[0], direction.W_hx.T if transposed else direction.W_hx, shape)
        n_inputs = len(layer) * size


def _check_head(
    weight: str, W_yh: np.ndarray, bias: str, b_y: np.ndarray, last: Sequence[_Direction]
) -> None:
    check_shape(weight, W_yh, (None, len(last) * last[0].size))
    check_shape(bias, b_y, (len(W_yh),))
