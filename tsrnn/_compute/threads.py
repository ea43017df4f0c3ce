"""Threads: those of the linear algebra underneath, and ours over chunks of work."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import numpy as np
from joblib import effective_n_jobs
from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")

# Seconds for which a thread waits before it looks whether there was a signal.
_PATIENCE = 0.2

# What kernels look at that nobody stops.
NEVER_STOPPED = np.zeros(1, dtype=np.int8)


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """Hold BLAS to one thread within a `with` block.

    Our matrices are small: more threads only wait for each other, and sum in another order.
    """
    return _controller().limit(limits=1, user_api="blas")


class Team:
    """Threads that are kept from one piece of work to the next, the caller's own among them.

    Parameters
    ----------
    n_jobs : int or None
        As joblib counts them.

    Attributes
    ----------
    n_threads : int
    stopped : threading.Event
        Set while the caller waits for others after a failure or an interruption: what they compute
        is not wanted any more.
    """

    def __init__(self, n_jobs: int | None) -> None:
        self.n_threads = effective_n_jobs(n_jobs)
        self.stopped = threading.Event()
        self._pool: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def each(self, work: Callable[[Any], Result], items: Sequence[Any]) -> list[Result]:
        """Return what work makes of each item, in their order."""

        def quietly(item: Any) -> Result:
            # Numpy's settings belong to a thread. What overflows is told by a loss of infinity.
            with np.errstate(over="ignore", invalid="ignore"):
                return work(item)

        n_threads = min(self.n_threads, len(items))
        if n_threads <= 1:
            return [quietly(item) for item in items]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.n_threads - 1)
        results: list[Any] = [None] * len(items)
        numbers = iter(range(len(items)))

        def drain() -> None:
            for i in numbers:
                results[i] = quietly(items[i])

        helpers = [self._pool.submit(drain) for _ in range(n_threads - 1)]
        try:
            drain()
            for helper in helpers:
                helper.result()
        except BaseException:
            # After a failure or an interruption, nothing is worth waiting for.
            for _ in numbers:
                pass
            self.stopped.set()
            wait(helpers)
            self.stopped.clear()
            raise
        return results


def in_threads(
    work: Callable[..., Result],
    jobs: Sequence[tuple[Any, ...]],
    n_jobs: int | None,
    stop: np.ndarray | None = None,
) -> Iterator[Result]:
    """Yield what work makes of each tuple of arguments, in their order.

    In threads, as many as joblib makes of `n_jobs`. Its own `Parallel` looks for results a hundred
    times a second, which takes longer than many a job here.

    Parameters
    ----------
    work : callable
    jobs : sequence of tuples
    n_jobs : int or None
    stop : (1,) int8 array, optional
        Of jobs that take long: it is set to 1 where the caller is interrupted, and they look at it
        and end. A single thread of work is then not the caller's own, which would not hear Ctrl-C
        before the end of a kernel.
    """
    n_threads = min(effective_n_jobs(n_jobs), len(jobs))
    hears_signals = threading.current_thread() is threading.main_thread()
    if n_threads <= 1 and not (stop is not None and hears_signals):
        for arguments in jobs:
            yield work(*arguments)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for pending in [pool.submit(work, *arguments) for arguments in jobs]:
                # Not for ever at a time: there are systems on which that hears no signal.
                while not wait([pending], _PATIENCE).done:
                    pass
                yield pending.result()
        except BaseException:
            if stop is not None:
                stop[0] = 1
            raise
        finally:
            # After an interruption, what has not begun is not worth waiting for.
            pool.shutdown(cancel_futures=True)


def to_its_end(work: Callable[[], Any]) -> None:
    """Do what must not be broken off half-way: Ctrl-C ends the waiting for it, not the work.

    In a thread, which no signal reaches, if this is the thread that signals do reach.
    """
    if threading.current_thread() is not threading.main_thread():
        work()
        return
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    # A daemon: whoever leaves the process does not wait for it.
    threading.Thread(target=run, name="tsrnn-to-its-end", daemon=True).start()
    while not done.wait(_PATIENCE):
        pass
    if errors:
        raise errors[0]
