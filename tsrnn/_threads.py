"""Threads of the linear algebra underneath."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """Hold BLAS to one thread within a `with` block.

    Our matrices are small: more threads only wait for each other, and sum in another order.
    """
    return _controller().limit(limits=1, user_api="blas")
