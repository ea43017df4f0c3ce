"""Recurrent networks at speed: training and prediction beside PyTorch and Keras on TensorFlow.

Run as `python benchmarks/recurrent_speed.py` (`--help` tells of the options), on a machine that
does nothing else: threads of the peers wait for each other all the time. All train on the same
data, from the same weights, on the same batches of 128 in the same order, by Adam, in float32 and
with two threads; only the batches of similar lengths that PyTorch may have besides are others.
Contenders take turns, an epoch each, after one to warm up. The losses of the epochs, side by side,
show that what was timed is the same computation. Ours twice: the engine given the batches, as the
peers are, and the estimator, `fit(X, y)` for one epoch from its own weights, checks and
standardisation included.

`--processor` is for machines that others use as well. It counts seconds of the processor, with one
thread each, as threads that wait would count, too.
"""

import argparse
import os

PARTS = ("elman-16", "gru-32", "lstm-32", "lstm-128", "ragged-elman-16", "ragged-lstm-32")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", nargs="*", choices=PARTS)
    parser.add_argument("--quick", action="store_true", help="an eighth of the sequences")
    parser.add_argument(
        "--scaling", action="store_true", help="how time grows with sequences, steps"
    )
    parser.add_argument(
        "--flops", action="store_true", help="share of the rate of a matrix product"
    )
    parser.add_argument("--threads", type=int, default=2, help="of every contender")
    parser.add_argument("--processor", action="store_true", help="processor seconds, one thread")
    return parser.parse_args()


OPTIONS = read_options()
N_THREADS = 1 if OPTIONS.processor else OPTIONS.threads
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = str(N_THREADS)
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import time
import warnings
from collections.abc import Iterable
from contextlib import ExitStack

import numpy as np
from recurrent_peers import (
    BATCH,
    LEARNING_RATE,
    Keras,
    Task,
    Torch,
    has,
    make_ragged,
    make_task,
    make_windows,
    use_threads,
)
from recurrent_race import N_ROUNDS, Ours, Race, seconds_of

from tsrnn import ElmanRNNRegressor, GRURegressor, LSTMRegressor
from tsrnn._input.sequences import Sequences
from tsrnn._optim.losses import SquaredErrorLoss
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine

N_WINDOWS, N_STEPS = 4096, 100
N_RAGGED, LONGEST = 2048, 2500


def make_ours(task: Task, resources: ExitStack) -> Ours:
    """Set the engine up for a task."""
    cell = "elman_tanh" if task.cell == "elman" else task.cell
    architecture = Architecture(cell, 1, (task.size,), 1)
    engine = resources.enter_context(Engine(architecture, n_jobs=N_THREADS))
    offsets = np.cumsum([0, *map(len, task.sequences)])
    sequences = Sequences(np.concatenate(task.sequences), offsets)
    return Ours(task, engine, sequences, task.targets, SquaredErrorLoss())


class OurEstimator:
    """The estimator: a fit of one epoch, from the data as users have them."""

    name = "tsrnn, estimator"

    def __init__(self, task: Task) -> None:
        make = {"elman": ElmanRNNRegressor, "gru": GRURegressor, "lstm": LSTMRegressor}[task.cell]
        self.estimator = make(
            hidden_layer_sizes=task.size,
            solver="adam",
            batch_size=BATCH,
            learning_rate_init=LEARNING_RATE,
            max_iter=1,
            n_jobs=N_THREADS,
            random_state=0,
        )
        equal = len(set(map(len, task.sequences))) == 1
        self.X = np.stack(task.sequences) if equal else task.sequences
        self.y = task.targets

    def start(self) -> None:
        """Every fit starts anew."""

    def epoch(self) -> float:
        """Fit; return the loss of its epoch."""
        return self.estimator.fit(self.X, self.y).loss_curve_[-1]

    def predict(self) -> np.ndarray:
        """Return the output for each sequence."""
        return self.estimator.predict(self.X)


NOW = time.process_time if OPTIONS.processor else time.perf_counter


def run_part(part: str, share: int) -> None:
    """Race on windows or on ragged sequences."""
    *kind, cell, size = part.split("-")
    if kind:
        data = make_ragged(N_RAGGED // share, LONGEST)
    else:
        data = make_windows(N_WINDOWS // share, N_STEPS)
    task = make_task(cell, int(size), data)
    if kind:
        peers = {
            "the better of packed and padded": [Torch(task, "padded"), Torch(task, "packed")],
            "batches of similar lengths": [Torch(task, "padded", bucketed=True)],
        }
    else:
        has_keras = has("keras") and has("tensorflow")
        peers = {"the faster peer": [Torch(task, "stacked"), *([Keras(task)] if has_keras else [])]}
    lengths = f"lengths to {LONGEST}" if kind else f"{N_STEPS} steps"
    print(f"\n{cell} {size}, {len(data[0])} sequences of {lengths}, {task.n_steps} steps in all")
    with ExitStack() as resources:
        ours = [make_ours(task, resources), OurEstimator(task)]
        contenders = [*ours, *(each for group in peers.values() for each in group)]
        race = Race(contenders, now=NOW)
        race.report(ours, peers)
        race.report_losses([ours[0], *next(iter(peers.values()))])


def best_epoch(task: Task) -> tuple[float, float]:
    """Time ours alone, best of some: an epoch, and prediction."""
    with ExitStack() as resources:
        ours = make_ours(task, resources)
        ours.start()
        ours.epoch()
        epochs = [seconds_of(ours.epoch, NOW)[0] for _ in range(N_ROUNDS)]
        predictions = [seconds_of(ours.predict, NOW)[0] for _ in range(N_ROUNDS)]
    return min(epochs), min(predictions)


def print_slope(what: str, sizes: Iterable[int], times: list[tuple[float, float]]) -> None:
    """Print seconds by size and the slopes of their logarithms."""
    sizes = list(sizes)
    slopes = [np.polyfit(np.log(sizes), np.log(some), 1)[0] for some in zip(*times, strict=True)]
    print(f"\n{what}: log-log slope {slopes[0]:.3f} of an epoch, {slopes[1]:.3f} of prediction")
    for size, (epoch, predict) in zip(sizes, times, strict=True):
        print(f"  {size:>8}{1e3 * epoch:>12.2f} ms{1e3 * predict:>12.2f} ms", flush=True)


def scaling(share: int) -> None:
    """Print how the time of Elman 16 and LSTM 32 grows with sequences and with steps."""
    for cell, size in (("elman", 16), ("lstm", 32)):
        counts = [n // share for n in (2048, 4096, 8192, 16384)]
        lengths = [n // share for n in (200, 400, 800, 1600, 3200)]
        tasks = [make_task(cell, size, make_windows(n, N_STEPS)) for n in counts]
        print_slope(f"{cell} {size}, sequences", counts, [best_epoch(task) for task in tasks])
        tasks = [make_task(cell, size, make_windows(512, n)) for n in lengths]
        print_slope(f"{cell} {size}, steps", lengths, [best_epoch(task) for task in tasks])


def flops(share: int) -> None:
    """Print the rate of our epochs beside that of a large product of matrices."""
    A, B = np.random.default_rng(0).standard_normal((2, 2048, 2048)).astype(np.float32)
    peak = 2.0 * 2048**3 / min(seconds_of(lambda: A @ B, NOW)[0] for _ in range(10))
    print(f"\na product of 2048 x 2048, float32: {1e-9 * peak:.0f} Gflop/s")
    for cell, size in (("elman", 16), ("gru", 32), ("lstm", 32), ("lstm", 128)):
        task = make_task(cell, size, make_windows(N_WINDOWS // share, N_STEPS))
        gates = {"elman": 1, "gru": 3, "lstm": 4}[cell] * size
        # Forward, the same again for the weights, and for the states without the input and bias.
        # What the cells compute, tanh first of all, is not counted.
        forward = 2 * gates * (size + 2)
        per_step = 2 * forward + 2 * gates * size
        seconds, predict = best_epoch(task)
        rates = (task.n_steps * per_step / seconds, task.n_steps * forward / predict)
        shares = ", ".join(f"{1e-9 * r:.0f} Gflop/s ({100.0 * r / peak:.0f}%)" for r in rates)
        print(f"  {cell} {size}: an epoch, prediction {shares}", flush=True)


def main() -> None:
    """Print what was asked."""
    warnings.simplefilter("ignore")
    share = 8 if OPTIONS.quick else 1
    parts = OPTIONS.parts
    if parts is None:
        parts = () if OPTIONS.scaling or OPTIONS.flops else PARTS
    use_threads(N_THREADS)
    for part in parts:
        run_part(part, share)
    if OPTIONS.scaling:
        scaling(share)
    if OPTIONS.flops:
        flops(share)


if __name__ == "__main__":
    main()
