"""The network that the package ships: its file, how it is written, and how it is read.

A file is a line that says what it is; a line of JSON; and the weights, half-precision numbers in
the order of the architecture's parameters, least byte first. The JSON has the shape of the network
("spec"), what is known of its making ("card"), and the SHA-256 of the bytes after it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np

from tsrnn.causal.network import CausalNetwork, CausalSpec
from tsrnn.causal.readings import Reading
from tsrnn.exceptions import ModelFormatError
from tsrnn.windows.whole import WholeMember, WholeNetwork

_TITLE = b"tsrnn pretrained network 1\n"
_NAME = "pretrained_rnn.weights"
_NUMBERS = np.dtype("<f2")


def to_bytes(network: CausalNetwork, card: Mapping[str, Any]) -> bytes:
    """Return the file of a network.

    Parameters
    ----------
    network : CausalNetwork
        Its weights are rounded to half precision.
    card : mapping
        What is known of its making, by names: words and numbers.

    Raises
    ------
    ValueError
        If a weight is too large for half precision.
    """
    halves = network.weights.astype(_NUMBERS)
    if not np.isfinite(halves).all():
        raise ValueError("the network has weights beyond 65504, which half precision does not hold")
    numbers = halves.tobytes()
    reading, spec = network.spec.reading, network.spec
    head = {
        "spec": {
            "horizon": reading.horizon,
            "n_pattern": reading.n_pattern,
            "n_static": reading.n_static,
            "memory": reading.memory if math.isfinite(reading.memory) else None,
            "reads_level": reading.reads_level,
            "levels": list(spec.levels),
            "cell": spec.cell,
            "hidden_sizes": list(spec.hidden_sizes),
            "has_linear_path": spec.has_linear_path,
        },
        "card": dict(card),
        "sha256": hashlib.sha256(numbers).hexdigest(),
    }
    return _TITLE + json.dumps(head).encode() + b"\n" + numbers


def of_bytes(data: bytes) -> tuple[CausalNetwork, dict[str, Any]]:
    """Return the network that a file holds, and its card, in which "sha256" is that of the weights.

    Raises
    ------
    ModelFormatError
        If it is not such a file, or damaged.
    """
    if not data.startswith(_TITLE):
        raise ModelFormatError("this is not a file of a pretrained network")
    line, _, numbers = data[len(_TITLE) :].partition(b"\n")
    head = json.loads(line)
    if hashlib.sha256(numbers).hexdigest() != head["sha256"]:
        raise ModelFormatError("the weights of the pretrained network are damaged")
    shape = head["spec"]
    spec = CausalSpec(
        Reading(
            shape["horizon"],
            1,
            shape["n_pattern"],
            shape["n_static"],
            math.inf if shape["memory"] is None else shape["memory"],
            shape["reads_level"],
        ),
        tuple(shape["levels"]),
        shape["cell"],
        tuple(shape["hidden_sizes"]),
        shape["has_linear_path"],
    )
    weights = np.frombuffer(numbers, _NUMBERS).astype(np.float32)
    if weights.size != spec.architecture.n_parameters:
        raise ModelFormatError(
            f"the pretrained network has {weights.size} weights, its shape takes "
            f"{spec.architecture.n_parameters}"
        )
    return CausalNetwork(spec, weights), head["card"] | {"sha256": head["sha256"]}


@functools.cache
def shipped() -> tuple[CausalNetwork, dict[str, Any]]:
    """Return the network of the package, and its card; read when first asked for.

    Nobody writes to either.
    """
    return of_bytes(resources.files("tsrnn").joinpath("data", _NAME).read_bytes())


def shipped_for(period: int) -> WholeNetwork:
    """Return the network of the package as one that follows series of a period."""
    network, card = shipped()
    reading = replace(network.spec.reading, most_period=period)
    own = replace(network, spec=replace(network.spec, reading=reading))
    return WholeNetwork((WholeMember(own, card["seed"], card["series"], {"loss": []}),), period)
