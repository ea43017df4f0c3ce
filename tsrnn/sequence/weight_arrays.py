"""Weights of sequence estimators out of them and into them, and a table of what there is."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from tsrnn._recurrent.architecture import Architecture
from tsrnn.network import RNN


def weights_of_data(estimator: BaseEstimator) -> dict[str, np.ndarray]:
    """Return weights that act on data in its own units: the standardisation taken into them.

    An input (x - c) / s is read as W (x - c) / s = (W / s) x - W c / s by every gate of the first
    layer, and an output o becomes s_y o + c_y.
    """
    network, weights = estimator._network, dict(estimator.weights_)
    center, spread = estimator.input_center_, estimator.input_spread_
    for layer in network.layers[0]:
        of_inputs = weights[f"W_hx{layer.suffix}"] / spread
        bias = weights[f"b_h{layer.suffix}"].copy()
        bias -= of_inputs @ center
        weights |= {f"W_hx{layer.suffix}": of_inputs, f"b_h{layer.suffix}": bias}
    target_center, target_spread = estimator._target_units()
    weights["W_yh"] = weights["W_yh"] * target_spread[:, None]
    weights["b_y"] = weights["b_y"] * target_spread + target_center
    dtype = estimator.weights_["W_yh"].dtype
    return {name: np.array(array, dtype) for name, array in weights.items()}


def as_rnn(estimator: BaseEstimator) -> RNN:
    """Return a fitted Elman estimator as an explicit network.

    Raises
    ------
    TypeError
        For another network; the message names the part that has no place in it.
    """
    network = estimator._network
    name = type(estimator).__name__
    cell, _, activation = network.cell.partition("_")
    obstacles = {
        "an embedding": network.n_tokens > 0,
        f"a cell with gates ({cell.upper()})": cell != "elman",
        f"{len(network.hidden_sizes)} layers": len(network.hidden_sizes) > 1,
        "a layer that reads both ways": network.bidirectional,
        "a softmax output": hasattr(estimator, "classes_") and network.n_outputs > 1,
    }
    found = [what for what, is_there in obstacles.items() if is_there]
    if found:
        raise TypeError(
            f"to_rnn gives one hidden layer of Elman's, with one activation of the output, and "
            f"this {name} has {' and '.join(found)}"
        )
    rnn = RNN(
        network.n_inputs,
        network.hidden_sizes[0],
        network.n_outputs,
        activation=activation,
        output_activation=estimator._output_activation,
    )
    for weight, array in weights_of_data(estimator).items():
        setattr(rnn, weight, array)
    rnn.h_init = np.zeros(network.hidden_sizes[0])
    return rnn


def architecture_of(cell: str, weights: dict[str, np.ndarray]) -> Architecture:
    """Return the network whose weights these are."""
    bidirectional = "W_hh_l0_reverse" in weights
    plain = "W_hh" in weights
    n_layers = 1 if plain else sum(f"W_hh_l{i}" in weights for i in range(len(weights)))
    sizes = [weights["W_hh" if plain else f"W_hh_l{i}"].shape[1] for i in range(n_layers)]
    return Architecture(
        cell,
        weights["W_hx" if plain else "W_hx_l0"].shape[1],
        tuple(sizes),
        len(weights["b_y"]),
        bidirectional,
        n_tokens=len(weights["E"]) if "E" in weights else 0,
    )


def table_of(estimator: BaseEstimator) -> str:
    """Lay out layers, what they give, and how many parameters they have."""
    network = estimator._network
    steps = "T"
    what = "embedding" if network.n_tokens else "input"
    count = network.n_tokens * network.n_inputs
    rows = [(what, f"({steps}, {network.n_inputs})", count)]
    for i, (directions, size) in enumerate(zip(network.layers, network.hidden_sizes, strict=True)):
        count = sum(
            parameter.size for shape in directions for parameter in network.layer_parameters(shape)
        )
        is_last = i + 1 == len(network.layers)
        units = size * network.n_directions
        by_step = estimator._by_step or not is_last
        both = ", both ways" if network.bidirectional else ""
        rows.append(
            (f"{network.cell}{both}", f"({steps}, {units})" if by_step else f"({units},)", count)
        )
    m = network.n_outputs
    count = m * (network.n_features_out + 1)
    rows.append(("output", f"({steps}, {m})" if estimator._by_step else f"({m},)", count))
    width = max(len(row[0]) for row in rows) + 2
    return "\n".join(
        [
            f"{type(estimator).__name__}, {estimator.weights_['b_y'].dtype}, {estimator.n_iter_} "
            "epochs",
            f"{'layer':<{width}}{'output':<14}{'parameters':>10}",
            *(f"{name:<{width}}{shape:<14}{count:>10}" for name, shape, count in rows),
            f"{'total':<{width + 14}}{network.n_parameters:>10}",
        ]
    )
