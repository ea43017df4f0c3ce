"""Dense networks over windows at speed: training and prediction beside PyTorch's Linear layers.

Run as `python benchmarks/dense_speed.py` (`--help` tells of the options), on a machine that does
nothing else. Both train on the same windows, from the same weights, on the same batches of 512 in
the same order, by Adam with gradients clipped, in float32, first with one thread and then with two.
Contenders take turns, an epoch each, after one to warm up. The losses of the epochs, side by side,
show that what was timed is the same computation. The sizes are those of global networks: windows of
some seasons, two layers of rectifiers, a linear path, and all steps of a horizon at once.

`--processor` is for machines that others use as well. It counts seconds of the processor, with one
thread, as threads that wait would count, too.
"""

import argparse
import time

import numpy as np
from recurrent_race import Race, compare

from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._dense.engine import DenseEngine
from tsrnn._input.sequences import Sequences
from tsrnn._optim.losses import SquaredErrorLoss
from tsrnn._optim.minibatch import Adam, clip_by_norm

BATCH, LEARNING_RATE, LONGEST_GRADIENT = 512, 1e-3, 1.0
N_WINDOWS = 16_384

# Steps of a window, units of each of two layers, and steps ahead: as for yearly, weekly and hourly
# series.
SIZES = {"yearly": (18, 128, 6), "weekly": (65, 256, 13), "hourly": (336, 128, 48)}

# Losses of the same steps in float32 drift apart by rounding, a little more in every step.
SAME_CURVE = 0.01


class Task:
    """A network, its first weights, and what it learns."""

    def __init__(self, size: tuple[int, int, int], n_windows: int) -> None:
        n_steps, n_units, n_ahead = size
        rng = np.random.default_rng(0)
        self.architecture = DenseArchitecture("relu", n_steps, 1, (n_units, n_units), n_ahead)
        self.theta = self.architecture.initial(np.random.RandomState(0), np.float32)
        self.X = rng.standard_normal((n_windows, n_steps), np.float32)
        of_inputs = rng.standard_normal((n_steps, n_ahead), np.float32) / np.sqrt(n_steps)
        self.y = np.tanh(self.X @ of_inputs)
        order = rng.permutation(n_windows)
        self.batches = [order[i : i + BATCH] for i in range(0, n_windows, BATCH)]


class Ours:
    """The engine, given weights and batches."""

    name = "tsrnn"

    def __init__(self, task: Task, n_threads: int) -> None:
        self.task, self.n_threads = task, n_threads
        n, n_steps = task.X.shape
        self.sequences = Sequences(task.X.reshape(-1, 1), np.arange(n + 1) * n_steps, True)
        self.optimiser, self.loss = Adam(LEARNING_RATE), SquaredErrorLoss()

    def start(self) -> None:
        """Go back to the task's weights, with a new optimiser."""
        self.theta = self.task.theta.copy()
        self.state = self.optimiser.init(self.theta)

    def epoch(self) -> float:
        """Train on every batch once; return the mean loss."""
        task, total = self.task, 0.0
        with DenseEngine(task.architecture, n_jobs=self.n_threads) as engine:
            for rows in task.batches:
                weights = np.full(len(task.y), 1.0 / len(rows), np.float32)
                loss, gradient = engine.loss_and_gradient(
                    self.theta, self.sequences, rows, task.y, weights, self.loss
                )
                clip_by_norm(gradient, LONGEST_GRADIENT)
                self.state = self.optimiser.update(self.theta, gradient, self.state)
                total += loss * len(rows)
        return total / len(task.y)

    def predict(self) -> np.ndarray:
        """Return the outputs of all windows."""
        with DenseEngine(self.task.architecture, n_jobs=self.n_threads) as engine:
            return engine.predict(self.theta, self.sequences)


class Torch:
    """PyTorch, with its fused Adam."""

    def __init__(self, task: Task, n_threads: int) -> None:
        import torch

        self.torch, self.task, self.n_threads = torch, task, n_threads
        self.name = f"PyTorch {torch.__version__.split('+')[0]}"
        self.X, self.y = torch.from_numpy(task.X), torch.from_numpy(task.y)
        self.batches = [torch.from_numpy(rows) for rows in task.batches]

    def start(self) -> None:
        """Go back to the task's weights, with a new optimiser."""
        torch, architecture = self.torch, self.task.architecture
        nn = torch.nn
        first, second = architecture.hidden_sizes
        n_inputs, n_outputs = architecture.n_inputs, architecture.n_outputs
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, n_outputs),
        )
        self.linear = nn.Linear(n_inputs, n_outputs, bias=False)
        self.parameters = [*self.layers.parameters(), *self.linear.parameters()]
        weights = architecture.unpack(self.task.theta)
        names = ("W_hx_l0", "b_h_l0", "W_hx_l1", "b_h_l1", "W_yh", "b_y", "W_yx")
        with torch.no_grad():
            for parameter, name in zip(self.parameters, names, strict=True):
                parameter.copy_(torch.from_numpy(weights[name]))
        self.optimiser = torch.optim.Adam(self.parameters, lr=LEARNING_RATE, fused=True)

    def epoch(self) -> float:
        """Train on every batch once; return the mean loss."""
        torch = self.torch
        torch.set_num_threads(self.n_threads)
        total = torch.zeros(())
        for rows in self.batches:
            self.optimiser.zero_grad()
            x = self.X[rows]
            loss = torch.nn.functional.mse_loss(self.layers(x) + self.linear(x), self.y[rows])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.parameters, LONGEST_GRADIENT)
            self.optimiser.step()
            total += loss.detach() * len(rows)
        return float(total) / len(self.y)

    def predict(self) -> np.ndarray:
        """Return the outputs of all windows."""
        self.torch.set_num_threads(self.n_threads)
        with self.torch.inference_mode():
            return (self.layers(self.X) + self.linear(self.X)).numpy()


def rate_of_products(now: object) -> float:
    """Return the rate of a large product of matrices with one thread, in flop per second."""
    from threadpoolctl import threadpool_limits

    A, B = np.random.default_rng(0).standard_normal((2, 1024, 1024)).astype(np.float32)
    with threadpool_limits(1):
        seconds = []
        for _ in range(10):
            start = now()
            A @ B
            seconds.append(now() - start)
    return 2.0 * 1024**3 / min(seconds)


def main() -> None:
    """Print seconds, ratios, losses and shares of the machine's rate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=[*SIZES])
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--windows", type=int, default=N_WINDOWS)
    parser.add_argument("--processor", action="store_true", help="processor seconds, one thread")
    options = parser.parse_args()
    now = time.process_time if options.processor else time.perf_counter
    peak = rate_of_products(now)
    for name in options.sizes:
        task = Task(SIZES[name], options.windows)
        for n_threads in [1] if options.processor else options.threads:
            steps, units, ahead = SIZES[name]
            print(
                f"\n{name}: windows of {steps}, {units} and {units} units, {ahead} outputs; "
                f"{options.windows} windows, {n_threads} thread(s)"
            )
            ours, peer = Ours(task, n_threads), Torch(task, n_threads)
            race = Race([ours, peer], now=now)
            epochs = {each: np.array(race.epochs[each.name]) for each in (ours, peer)}
            predictions = {each: np.array(race.predictions[each.name]) for each in (ours, peer)}
            for each in (ours, peer):
                print(
                    f"  {each.name:<16} epoch: median {np.median(epochs[each]):.4f}, best "
                    f"{epochs[each].min():.4f}; prediction {np.median(predictions[each]):.4f} s"
                )
            for what, table in (("an epoch", epochs), ("prediction", predictions)):
                medians, best = (f(table[peer]) / f(table[ours]) for f in (np.median, np.min))
                print(f"  {what}: {medians:.2f} times as fast by medians, {best:.2f} by the best")
            rate = options.windows * task.architecture.flops_per_row / epochs[ours].min()
            print(
                f"  {1e-9 * rate:.0f} Gflop/s, {100 * rate / (n_threads * peak):.0f}% of a "
                f"product of 1024 x 1024 on {n_threads} core(s)"
            )
            losses = {each.name: race.losses[each.name] for each in (ours, peer)}
            compare(losses, "loss by epoch", SAME_CURVE)


if __name__ == "__main__":
    main()
