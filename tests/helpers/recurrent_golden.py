"""What PyTorch and Keras said of recurrent networks: golden/recurrent.npz (README.md there)."""

import json

import numpy as np
from paths import GOLDEN

FILE = GOLDEN / "recurrent.npz"


def read():
    """Return every array of the file by its name."""
    with np.load(FILE) as file:
        index = json.loads(file["index"].tobytes())
        joined = {dtype: file[dtype] for dtype in ("float32", "float64")}
    arrays = {}
    for name, (dtype, start, shape) in index.items():
        size = int(np.prod(shape))
        arrays[name] = joined[dtype][start : start + size].reshape(shape)
    return arrays


ARRAYS = read()


def below(prefix):
    """Return the arrays whose names start with a prefix and a slash, by the rest of their names."""
    start = f"{prefix}/"
    found = {name[len(start) :]: a for name, a in ARRAYS.items() if name.startswith(start)}
    assert found, f"nothing is named {prefix}/..."
    return found


def cases(framework):
    """Return the names of the networks asked of a framework, such as "gru/both_ways"."""
    names = (name.split("/") for name in ARRAYS if name.startswith(f"{framework}/"))
    return list(dict.fromkeys(f"{cell}/{layout}" for _, cell, layout, *_ in names))


def kind(case):
    """Return the kind of cell that the conversions of weights know: elman, gru or lstm."""
    return case.split("/")[0].split("_")[0]


# What was asked: (framework, cell and layout, kind of sequences, float type).
ASKED = [
    (framework, case, lengths, dtype)
    for framework, kinds in {
        "keras": [("equal", "float32")],
        "torch": [("equal", "float32"), ("ragged", "float64")],
    }.items()
    for case in cases(framework)
    for lengths, dtype in kinds
]
