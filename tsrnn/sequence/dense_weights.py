"""Weights of dense networks as Keras and PyTorch lay them out, to ours and back.

Neither framework is imported: Keras' side is the list that `model.get_weights()` returns, PyTorch's
is `model.state_dict()`. What each side calls what, for a layer that makes D numbers of p:

| | ours | PyTorch | Keras |
|---|---|---|---|
| layers | `W_hx` (D, p), `b_h` (D,) | `weight`, `bias` of a Linear | kernel (p, D), bias |
| output | `W_yh` (m, D), `b_y` (m,) | the same, of the last | the same, of the last |
| linear path | `W_yx` (m, T p) | `weight` of a Linear without a bias | kernel alone |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tsrnn.sequence.foreign_weights import check_arrays, check_shape, check_state, read_arrays


def from_keras(arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Convert the weights of a Keras model to ours.

    Parameters
    ----------
    arrays : list of ndarray
        Kernel and bias of each Dense, from the input to the output; the kernel of a linear path, if
        there is one, comes last.

    Returns
    -------
    dict of str to ndarray
        Copies, float32 if all arrays are, else float64.

    Raises
    ------
    ValueError
        If an array is missing, has another shape or is not finite; the message names it.
    """
    check_arrays(arrays)
    if len(arrays) < 4:
        raise ValueError(
            "expected two arrays (kernel, bias) for each Dense, one hidden layer and the output at "
            f"least, and the kernel of a linear path last if there is one, got {len(arrays)} arrays"
        )
    named = read_arrays({f"arrays[{i}]": array for i, array in enumerate(arrays)})
    names = list(named)
    for name in [*names[: len(names) // 2 * 2 : 2], *names[len(names) // 2 * 2 :]]:
        check_shape(name, named[name], (None, None))
        named[name] = named[name].T
    linear = names[-1] if len(names) % 2 else None
    return _ours(named, list(zip(names[0::2], names[1::2], strict=False)), linear, transposed=True)


def to_keras(weights: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Convert our weights to the list that Keras has of them: see `from_keras`."""
    layers, W_yx = _layers_of(weights)
    arrays = [array for W, b in layers for array in (W.T, b)]
    arrays += [] if W_yx is None else [W_yx.T]
    return [np.array(array, order="C") for array in arrays]


def from_torch(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Convert the weights of a PyTorch model to ours.

    Parameters
    ----------
    state : dict of str to array
        The `state_dict()` of a module of Linear layers, in the order in which they read one
        another. One without a bias is the linear path, wherever it stands.

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
    check_state(state)
    named = read_arrays(state)
    stems = []
    for key in named:
        stem, dot, last = key.rpartition(".")
        if last not in ("weight", "bias"):
            raise ValueError(f"{key!r} is no weight of a Linear")
        if f"{stem}{dot}weight" not in named:
            raise ValueError(f"'{stem}{dot}weight' is missing among {', '.join(map(repr, named))}")
        if stem + dot not in stems:
            stems.append(stem + dot)
    without = [stem for stem in stems if f"{stem}bias" not in named]
    pairs = [(f"{stem}weight", f"{stem}bias") for stem in stems if stem not in without]
    if len(without) > 1 or len(pairs) < 2:
        raise ValueError(
            "expected Linear layers with a bias, one hidden layer and the output at least, and one "
            f"without a bias if there is a linear path, got {len(pairs)} with and {len(without)} "
            f"without: {', '.join(map(repr, named))}"
        )
    linear = f"{without[0]}weight" if without else None
    return _ours(named, pairs, linear, transposed=False)


def to_torch(
    weights: Mapping[str, np.ndarray], *, layers: str = "layers", linear: str = "linear"
) -> dict[str, np.ndarray]:
    """Convert our weights to arrays for the `state_dict` of a PyTorch model.

    Parameters
    ----------
    weights : dict of str to ndarray
        In our layout.
    layers, linear : str, default="layers", "linear"
        The names of the submodules: a Sequential in which Linear layers and activations take turns,
        so "layers.0", "layers.2" and so on, and the Linear of the linear path.

    Returns
    -------
    dict of str to ndarray
    """
    pairs, W_yx = _layers_of(weights)
    state: dict[str, np.ndarray] = {}
    for i, (W, b) in enumerate(pairs):
        state |= {f"{layers}.{2 * i}.weight": W.copy(), f"{layers}.{2 * i}.bias": b.copy()}
    return state | ({} if W_yx is None else {f"{linear}.weight": W_yx.copy()})


def _layers_of(
    weights: Mapping[str, np.ndarray],
) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray | None]:
    """Return weights and biases from the input to the output, and the linear path."""
    n = sum(name.startswith("W_hx") for name in weights)
    suffixes = [""] if n == 1 else [f"_l{i}" for i in range(n)]
    layers = [(weights[f"W_hx{suffix}"], weights[f"b_h{suffix}"]) for suffix in suffixes]
    return [*layers, (weights["W_yh"], weights["b_y"])], weights.get("W_yx")


def _ours(
    named: Mapping[str, np.ndarray],
    pairs: Sequence[tuple[str, str]],
    linear: str | None,
    *,
    transposed: bool,
) -> dict[str, np.ndarray]:
    """Name the arrays as we do, each a contiguous copy, unless layers cannot read one another.

    Parameters
    ----------
    named : dict of str to ndarray
        Those of two dimensions in our layout.
    pairs : list of (str, str)
        Names of the weight and the bias of each layer, the output's last.
    linear : str or None
        Name of the linear path.
    transposed : bool
        Whether the names stand for arrays of the other layout.
    """

    def check(name: str, *shape: int | None) -> None:
        array = named[name]
        check_shape(name, array.T if transposed else array, shape[::-1] if transposed else shape)

    n_below = None
    for weight, bias in pairs:
        check(weight, None, n_below)
        n_below = len(named[weight])
        check_shape(bias, named[bias], (n_below,))
    *hidden, head = pairs
    weights: dict[str, np.ndarray] = {}
    for i, (weight, bias) in enumerate(hidden):
        suffix = "" if len(hidden) == 1 else f"_l{i}"
        weights |= {f"W_hx{suffix}": named[weight], f"b_h{suffix}": named[bias]}
    if linear is not None:
        check(linear, len(named[head[0]]), named[pairs[0][0]].shape[1])
        weights["W_yx"] = named[linear]
    weights |= {"W_yh": named[head[0]], "b_y": named[head[1]]}
    return {name: np.array(array, order="C") for name, array in weights.items()}
