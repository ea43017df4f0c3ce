"""Threads: those of the linear algebra underneath, and ours over chunks of work."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from joblib import effective_n_jobs
from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """Hold BLAS to one thread within a `with` block.

    Our matrices are small: more threads only wait for each other, and sum in another order.
    """
    return _controller().limit(limits=1, user_api="blas")


def in_threads(
    work: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], n_jobs: int | None
) -> Iterator[Result]:
    """Yield what work makes of each tuple of arguments, in their order.

    In threads, as many as joblib makes of `n_jobs`. Its own `Parallel` looks for results a hundred
    times a second, which takes longer than many a job here.
    """
    n_threads = min(effective_n_jobs(n_jobs), len(jobs))
    if n_threads <= 1:
        for arguments in jobs:
            yield work(*arguments)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for pending in [pool.submit(work, *arguments) for arguments in jobs]:
                yield pending.result()
        finally:
            # After an interruption, what has not begun is not worth waiting for.
            pool.shutdown(cancel_futures=True)
