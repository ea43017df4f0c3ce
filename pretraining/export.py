"""Write the weights of a training as the package ships them.

Run as `python pretraining/export.py FOLDER --command "..." [--output FILE]`: FOLDER is that of a
checkpoint of `train.py`, and the command is kept in the file, for whoever wants to do it again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from train import spec_of

from tsrnn.causal.network import CausalNetwork
from tsrnn.pretrained.weights import to_bytes

OUTPUT = Path(__file__).resolve().parents[1] / "tsrnn" / "data" / "pretrained_rnn.weights"


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--command", required=True, help="that made the checkpoint")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    with np.load(options.folder / "checkpoint.npz") as kept:
        settings = json.loads(str(kept["settings"]))
        weights, (n_rounds, n_steps) = kept["average"], kept["counts"].tolist()
    network = CausalNetwork(spec_of(argparse.Namespace(**settings)), weights)
    card = {
        "trained on": "synthetic series of tsrnn.synthetic alone",
        "licence": "that of tsrnn",
        "command": options.command,
        "seed": settings["seed"],
        "series": n_rounds * settings["round"],
        "steps": n_steps,
        "n_weights": int(weights.size),
    }
    options.output.write_bytes(to_bytes(network, card))


if __name__ == "__main__":
    main()
