"""Rules for networks that read series whole."""

from __future__ import annotations

import numpy as np

from tsrnn.causal.network import CausalNetwork, CausalSpec, CausalState
from tsrnn.causal.readings import N_NUMBERS, RING_SEASONS, Reading, ReadingState
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import FLOAT, INT, require

_FLOAT32 = np.dtype(np.float32)

# As many steps are counted by a float.
_MOST_STEPS = 2.0**53


def check_reading(one: Reading) -> None:
    """Check how series are read."""
    fields.whole(one.horizon, "horizon", 1)
    fields.whole(one.most_period, "most_period", 1)
    fields.whole(one.n_pattern, "n_pattern")
    fields.whole(one.n_static, "n_static")
    fields.number(one.memory, "memory", 1.0)
    fields.flag(one.reads_level, "reads_level")


def check_spec(one: CausalSpec) -> None:
    """Check the shape of a network."""
    fields.kind(one.reading, "reading", Reading)
    levels = fields.tuple_of(one.levels, "levels", float)
    require(list(levels) == sorted(set(levels)), "levels must ascend")
    require(0.5 in levels and 0.0 < levels[0] and levels[-1] < 1.0, "levels must be quantiles'")
    require(len(levels) > 1, "there must be two levels")
    fields.choice(one.cell, "cell", ("gru", "lstm"))
    for size in fields.tuple_of(one.hidden_sizes, "hidden_sizes", int):
        fields.whole(size, "a hidden size", 1)
    require(len(one.hidden_sizes) > 0, "there must be a hidden layer")
    fields.flag(one.has_linear_path, "has_linear_path")


def check_network(one: CausalNetwork) -> None:
    """Check a trained network."""
    spec = fields.kind(one.spec, "spec", CausalSpec)
    fields.array(one.weights, "weights", _FLOAT32, spec.architecture.n_parameters)
    require(np.isfinite(one.weights).all(), "weights must be finite")


def check_reading_state(one: ReadingState) -> None:
    """Check what is kept of series to read on."""
    n = fields.array(one.periods, "periods", INT, None).size
    require((one.periods > 0).all(), "periods must be positive")
    fields.numbers(one.ring, "ring", n, None)
    numbers = fields.numbers(one.numbers, "numbers", n, N_NUMBERS)
    n_seen = numbers[:, 0]
    is_count = (n_seen >= 0.0) & (n_seen <= _MOST_STEPS) & (n_seen == np.floor(n_seen))
    require(is_count.all(), "steps must be counted")
    fields.numbers(one.static, "static", n, None)


def check_state(one: CausalState) -> None:
    """Check a network at the ends of series."""
    spec = fields.kind(one.network, "network", CausalNetwork).spec
    kept = fields.kind(one.reading, "reading", ReadingState)
    n, reading = kept.periods.size, spec.reading
    fields.array(kept.ring, "ring", FLOAT, n, RING_SEASONS * reading.most_period)
    fields.array(kept.static, "static", FLOAT, n, reading.n_static)
    require((kept.periods <= reading.most_period).all(), "periods must not be too long")
    layers = fields.kind(one.layers, "layers", list)
    require(len(layers) == len(spec.hidden_sizes), "there must be a state of each layer")
    for layer, D in zip(layers, spec.hidden_sizes, strict=True):
        require(len(fields.tuple_of(layer, "a layer", np.ndarray)) == 2, "a layer must have h, c")
        h, c = layer
        fields.array(h, "h", _FLOAT32, n, D)
        fields.array(c, "c", _FLOAT32, n, D if spec.architecture.network_cell.has_c else 0)
        require(np.isfinite(h).all() and np.isfinite(c).all(), "states must be finite")
    fields.array(one.outputs, "outputs", _FLOAT32, n, spec.architecture.n_outputs)
    require(np.isfinite(one.outputs).all(), "outputs must be finite")


CHECKS = {
    CausalNetwork: check_network,
    CausalSpec: check_spec,
    CausalState: check_state,
    Reading: check_reading,
    ReadingState: check_reading_state,
}
