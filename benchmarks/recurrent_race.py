"""Contenders in turn: how long each takes for an epoch, and whether all compute the same."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from recurrent_peers import LEARNING_RATE, Task

from tsrnn._input.sequences import Sequences
from tsrnn._optim.minibatch import Adam
from tsrnn._recurrent.engine import Engine, NetworkLoss

# Whoever takes longer for an epoch, in seconds, has one timed and not N_ROUNDS.
SLOW, N_ROUNDS = 5.0, 5

# Losses of the same steps in float32 drift apart by rounding, a little more in every step.
SAME_CURVE = 0.01


class Ours:
    """The engine, given weights and batches."""

    name = "tsrnn"

    def __init__(
        self,
        task: Task,
        engine: Engine,
        sequences: Sequences,
        targets: np.ndarray,
        loss: NetworkLoss,
    ) -> None:
        self.task, self.engine, self.sequences = task, engine, sequences
        self.targets, self.loss, self.optimiser = targets, loss, Adam(LEARNING_RATE)
        self.batches = task.batches

    def start(self) -> None:
        """Go back to the task's weights, with a new optimiser."""
        self.theta = self.engine.architecture.pack(self.task.weights, np.float32)
        self.state = self.optimiser.init(self.theta)

    def epoch(self) -> float:
        """Train on every batch once; return the mean loss."""
        n = len(self.targets)
        total, weights = 0.0, np.empty(n, np.float32)
        for rows in self.batches:
            weights[:] = 1.0 / len(rows)
            loss, gradient = self.engine.loss_and_gradient(
                self.theta, self.sequences, rows, self.targets, weights, self.loss
            )
            self.state = self.optimiser.update(self.theta, gradient, self.state)
            total += loss * len(rows)
        return total / n

    def predict(self) -> np.ndarray:
        """Return the output for each sequence."""
        return self.engine.predict(self.theta, self.sequences)


def seconds_of(
    call: Callable[[], object], now: Callable[[], float] = time.perf_counter
) -> tuple[float, Any]:
    """Call, and return the seconds by a clock and what came back."""
    start = now()
    answer = call()
    return now() - start, answer


def whole_round(contender: Any) -> None:
    """Have a contender do all that will be timed, to warm up."""
    contender.epoch()
    contender.predict()


class Race:
    """Contenders in turn: seconds and loss of each epoch, seconds of each prediction.

    Parameters
    ----------
    contenders : list
        See `recurrent_peers`.
    now : callable
        The clock.
    warm_up : callable
        What a contender does before it is timed.
    """

    def __init__(
        self,
        contenders: list,
        *,
        now: Callable[[], float] = time.perf_counter,
        warm_up: Callable[[Any], None] = whole_round,
    ) -> None:
        self.contenders = contenders
        self.epochs, self.losses, self.predictions = (
            {each.name: [] for each in contenders} for _ in range(3)
        )
        for each in contenders:
            each.start()
            warm_up(each)
            each.start()
        for _ in range(N_ROUNDS):
            for each in contenders:
                if max(self.epochs[each.name], default=0.0) < SLOW:
                    seconds, loss = seconds_of(each.epoch, now)
                    self.epochs[each.name].append(seconds)
                    self.losses[each.name].append(loss)
                    self.predictions[each.name].append(seconds_of(each.predict, now)[0])

    def report(self, ours: list, peers: dict[str, list]) -> None:
        """Print the table, and our ratios to the fastest of each group of peers."""
        print(f"  {'':<34}{'epoch: median':>14}{'best':>9}{'predict':>10}   seconds")
        for name, epochs in self.epochs.items():
            predict = np.median(self.predictions[name])
            print(f"  {name:<34}{np.median(epochs):>14.4f}{min(epochs):>9.4f}{predict:>10.4f}")
        for what, table in (("an epoch", self.epochs), ("prediction", self.predictions)):
            for group, members in peers.items():
                medians = {each.name: np.median(table[each.name]) for each in members}
                fastest = min(medians, key=medians.get)
                ratios = " and ".join(
                    f"{medians[fastest] / np.median(table[each.name]):.1f}" for each in ours
                )
                print(f"  {what}: {ratios} (estimator) times as fast as {group}, {fastest}")

    def report_losses(self, same: list) -> None:
        """Print the losses by epoch of those on the same batches, and how far apart they are."""
        compare({each.name: self.losses[each.name] for each in same}, "loss by epoch", SAME_CURVE)


def compare(losses: dict[str, list[float]], what: str, tolerance: float) -> None:
    """Print losses, and how far they are from those of the first contender."""
    first, worst = np.array(next(iter(losses.values()))), 0.0
    for name, curve in losses.items():
        worst = max(worst, np.max(np.abs(np.array(curve) / first[: len(curve)] - 1.0)))
        print(f"  {what}, {name:<34}" + "".join(f"{x:>10.6f}" for x in curve))
    verdict = "the same" if worst < tolerance else "NOT THE SAME"
    print(f"  they are {verdict}: apart by {worst:.1e} at most", flush=True)
