"""Train a network on synthetic series alone, for the package to ship.

Run as `python pretraining/train.py FOLDER [--data-home DATA] [--series 1000000] ...`. It writes
FOLDER/checkpoint.npz as it goes, and FOLDER/log.csv, a row a set of held-back horizons each time it
measures. Interrupted, and run again with the same arguments, it goes on from the checkpoint and
comes to the same weights to the last bit. The weights that count are a moving average of those of
the last steps, which is measured and, by `export.py`, shipped.

Without --data-home nothing is measured, and training is the same.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import csv
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from held_back import HeldBack, load_sets, measure
from mixture import TOLD, Mixture, some_of

from tsrnn._input.sequences import Sequences
from tsrnn._optim.minibatch import Adam, MovingAverage, Schedule, clip_by_norm
from tsrnn.causal.losses import CausalLoss
from tsrnn.causal.network import CausalNetwork, CausalSpec
from tsrnn.causal.readings import Reading

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)

# The longest gradient.
CLIP = 1.0

# Steps in which the rate rises.
WARM_UP = 200

# Options that may change when a training goes on.
FREE = ("folder", "data_home", "measure_every", "stop_after", "thin")


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="of the checkpoint and the log")
    parser.add_argument("--data-home", help="of M3 and M4, to measure held-back horizons")
    parser.add_argument("--measure-every", type=int, default=20, help="rounds")
    parser.add_argument("--stop-after", type=int, help="rounds of this run, to go on later")
    parser.add_argument("--thin", type=int, default=1, help="measure every so many series")
    parser.add_argument("--series", type=int, default=1_600_000, help="to train on in all")
    parser.add_argument("--round", type=int, default=4096, help="series a round")
    parser.add_argument("--batch", type=int, default=256, help="series a step")
    parser.add_argument("--cell", default="lstm", choices=("lstm", "gru"))
    parser.add_argument("--hidden", type=int, nargs="+", default=[64, 64])
    parser.add_argument("--horizon", type=int, default=24)
    parser.add_argument("--pattern", type=int, default=24, help="steps of last seasons read")
    parser.add_argument("--longest-period", type=int, default=52)
    parser.add_argument("--memory", type=float, default=40.0, help="changes in a unit")
    parser.add_argument("--rate", type=float, default=0.002)
    parser.add_argument("--average", type=float, default=0.998, help="of weights, its momentum")
    parser.add_argument("--mase", type=float, default=0.0, help="weight of the MASE in the loss")
    parser.add_argument("--untold", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def spec_of(options: argparse.Namespace) -> CausalSpec:
    """Return the network that is trained."""
    reading = Reading(
        options.horizon,
        options.longest_period,
        options.pattern,
        n_static=len(TOLD),
        memory=options.memory,
    )
    return CausalSpec(reading, LEVELS, options.cell, tuple(options.hidden))


@dataclass
class Course:
    """A training under way.

    Attributes
    ----------
    theta, average : (K,) float32 arrays
        The weights, and their moving average.
    state : tuple of arrays
        Of the optimiser.
    n_rounds, n_steps : int
        Done so far.
    seconds : float
        Of processors, so far.
    losses : list of float
        Means since the last measurement.
    """

    theta: np.ndarray
    average: MovingAverage
    state: tuple[np.ndarray, ...]
    n_rounds: int = 0
    n_steps: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)


def begin(spec: CausalSpec, options: argparse.Namespace) -> Course:
    """Return a training before its first step."""
    theta = spec.initial(options.seed)
    return Course(theta, MovingAverage(theta, options.average), Adam(options.rate).init(theta))


def settings_of(options: argparse.Namespace) -> str:
    """Return the options that the weights depend on, as text."""
    return json.dumps({k: v for k, v in sorted(vars(options).items()) if k not in FREE})


def save(course: Course, options: argparse.Namespace) -> None:
    """Write the checkpoint, whole or not at all."""
    path = Path(options.folder) / "checkpoint.npz"
    aside = path.with_name("checkpoint-new.npz")
    np.savez(
        aside,
        settings=settings_of(options),
        theta=course.theta,
        average=course.average.theta,
        n_averaged=course.average.n_steps,
        counts=[course.n_rounds, course.n_steps],
        seconds=course.seconds,
        losses=course.losses,
        **{f"state_{i}": part for i, part in enumerate(course.state)},
    )
    aside.replace(path)


def resume(spec: CausalSpec, options: argparse.Namespace) -> Course:
    """Return the training that the checkpoint has, or a new one where there is none.

    Raises
    ------
    ValueError
        If it was made with other options.
    """
    path = Path(options.folder) / "checkpoint.npz"
    if not path.exists():
        return begin(spec, options)
    with np.load(path) as kept:
        if str(kept["settings"]) != settings_of(options):
            raise ValueError(
                f"{path} was made with {kept['settings']}, not {settings_of(options)}: give "
                "another folder"
            )
        average = MovingAverage(kept["average"], options.average, int(kept["n_averaged"]))
        state = tuple(kept[name] for name in sorted(kept.files) if name.startswith("state_"))
        n_rounds, n_steps = kept["counts"].tolist()
        return Course(
            kept["theta"],
            average,
            state,
            n_rounds,
            n_steps,
            float(kept["seconds"]),
            kept["losses"].tolist(),
        )


class Trainer:
    """What makes steps.

    Parameters
    ----------
    spec : CausalSpec
    options : argparse.Namespace
    """

    def __init__(self, spec: CausalSpec, options: argparse.Namespace) -> None:
        self.spec, self.options = spec, options
        self.mixture = Mixture(options.seed, options.round, options.horizon, options.untold)
        self.n_rounds = max(1, round(options.series / options.round))
        n_steps = self.n_rounds * (options.round // options.batch)
        self.schedule = Schedule(n_steps, min(WARM_UP, n_steps // 10), falls=True)
        self.loss = CausalLoss(LEVELS, mase=options.mase)

    def run_round(self, course: Course, engine) -> None:
        """Train on one round."""
        began = time.process_time()
        stretches = self.mixture.round(course.n_rounds)
        size = self.options.batch
        for first in range(0, self.options.round // size * size, size):
            chosen = np.arange(first, min(first + size, len(stretches.starts)))
            if chosen.size:
                self._step(course, engine, some_of(stretches, chosen))
        course.n_rounds += 1
        course.seconds += time.process_time() - began

    def _step(self, course: Course, engine, batch) -> None:
        read = self.spec.reading.read(batch, has_targets=True)
        H = self.spec.reading.horizon
        n_known = np.count_nonzero(~np.isnan(read.targets[:, :H]))
        n = len(batch.starts)
        loss, gradient = engine.loss_and_gradient(
            course.theta,
            Sequences(read.inputs, read.offsets),
            np.arange(n),
            read.targets,
            np.full(n, H / max(n_known, 1), np.float32),
            self.loss,
        )
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} at step {course.n_steps}")
        clip_by_norm(gradient, CLIP)
        rate = self.options.rate * self.schedule.share(course.n_steps)
        adam = replace(Adam(self.options.rate), learning_rate=rate)
        course.state = adam.update(course.theta, gradient, course.state)
        course.average.take_in(course.theta)
        course.n_steps += 1
        course.losses.append(float(loss))


def report(course: Course, spec: CausalSpec, sets: dict[str, HeldBack], folder: Path) -> None:
    """Measure the averaged weights, print the scores and add them to the log."""
    network = CausalNetwork(spec, course.average.theta.copy())
    loss = float(np.mean(course.losses)) if course.losses else float("nan")
    course.losses = []
    print(
        f"round {course.n_rounds}, step {course.n_steps}, {course.seconds:.0f} s: loss {loss:.4f}",
        flush=True,
    )
    path = folder / "log.csv"
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        for name, held in sets.items():
            scores = measure(network, held)
            if is_new:
                writer.writerow(["round", "step", "seconds", "loss", "set", *scores])
                is_new = False
            numbers = [f"{score:.4f}" for score in scores.values()]
            writer.writerow(
                [course.n_rounds, course.n_steps, f"{course.seconds:.0f}", f"{loss:.4f}", name]
                + numbers
            )
            line = "  ".join(f"{key} {text}" for key, text in zip(scores, numbers, strict=True))
            print(f"    {name:22s}{line}", flush=True)


def main(arguments: list[str] | None = None) -> Course:
    """Train, from the checkpoint on if there is one, to the end or as far as was asked."""
    options = read_options(arguments)
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    spec = spec_of(options)
    course = resume(spec, options)
    trainer = Trainer(spec, options)
    sets = load_sets(options.data_home, options.thin) if options.data_home else {}
    last = trainer.n_rounds
    if options.stop_after is not None:
        last = min(last, course.n_rounds + options.stop_after)
    with spec.engine(1) as engine:
        while course.n_rounds < last:
            trainer.run_round(course, engine)
            if course.n_rounds % options.measure_every == 0 or course.n_rounds == trainer.n_rounds:
                report(course, spec, sets, folder)
            save(course, options)
    return course


if __name__ == "__main__":
    main()
