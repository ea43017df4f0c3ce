"""The course of training members: where they begin, what is held back, and who looks on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tsrnn._optim.network import Network
from tsrnn._optim.watch import Hook, TrainingState, is_told_to_end

if TYPE_CHECKING:
    from tqdm import tqdm


@dataclass(frozen=True)
class Course:
    """Wishes of the user about the training of members, beside what they are.

    Attributes
    ----------
    holds_back : bool
        Whether the last horizon of each series is not trained on, and what training comes to is
        judged by it.
    verbose : bool
        Whether to show a bar.
    callback : callable or None
        Gets a `TrainingState` after each epoch of each member; true ends that member's training.
    told : callable or None
        Gets the number of members that have come to their end, and how many there are; in the
        caller's thread.
    """

    holds_back: bool = False
    verbose: bool = False
    callback: Callable[[TrainingState], Any] | None = None
    told: Callable[[int, int], Any] | None = None


PLAIN = Course()


class Onlookers:
    """A bar, and the user's callback, that are told of epochs in whatever thread these end.

    One at a time, so that what the user writes need not think of threads. Used in a `with` block.

    Parameters
    ----------
    course : Course
    n_members : int
    """

    def __init__(self, course: Course, n_members: int) -> None:
        self._course, self._n_members = course, n_members
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Show the bar."""
        from tqdm import tqdm

        self._bar: tqdm = tqdm(
            total=self._n_members,
            desc="RNNForecaster",
            disable=not self._course.verbose,
            bar_format="{desc}: {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}{postfix}]",
        )
        return self

    def __exit__(self, *exception: object) -> None:
        """Take the bar away, or leave its last state."""
        self._bar.close()

    def hook(self, i: int, shape: Network) -> Callable[[int], Hook]:
        """Make what makes the hook of the i-th member, of so many epochs."""

        def of_epochs(n_epochs: int) -> Hook:
            def at_epoch(theta: np.ndarray, history: dict[str, list[float]]) -> bool:
                with self._lock:
                    self._show(i, history, 1.0 / n_epochs)
                    return self._call(i, shape, theta, history)

            return at_epoch

        return of_epochs

    def has_ended(self, i: int) -> None:
        """Take note of the end of the i-th member, and of all before it; in the caller's thread."""
        with self._lock:
            if not self._bar.disable:
                self._bar.update(max(i + 1 - self._bar.n, 0.0))
        if self._course.told is not None:
            self._course.told(i + 1, self._n_members)

    def _show(self, i: int, history: dict[str, list[float]], share: float) -> None:
        if self._bar.disable:
            return
        latest = {name: f"{values[-1]:.4g}" for name, values in history.items()}
        self._bar.set_postfix({"member": f"{i + 1}/{self._n_members}"} | latest, refresh=False)
        self._bar.update(min(share, self._n_members - self._bar.n))

    def _call(
        self, i: int, shape: Network, theta: np.ndarray, history: dict[str, list[float]]
    ) -> bool:
        callback = self._course.callback
        if callback is None:
            return False
        weights = {name: view.copy() for name, view in shape.unpack(theta).items()}
        history = {name: list(values) for name, values in history.items()}
        return is_told_to_end(callback(TrainingState(len(history["loss"]), history, weights, i)))
