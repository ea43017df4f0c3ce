"""Dense networks at work: predictions, losses and gradients of many windows at once, in threads.

Rows are cut into as many blocks as are worth a thread's while, and the gradients of blocks added
up, in an order that the data alone decide: results are the same to the last bit whatever the number
of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

import numpy as np

from tsrnn._compute.threads import Team, one_blas_thread
from tsrnn._compute.work_arrays import WorkArrays
from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._dense.run import ReadyNetwork, Run
from tsrnn._input.sequences import Sequences
from tsrnn._optim.network import NetworkLoss

# What a block should take at least: some tenths of a millisecond, against which handing it to a
# thread costs little.
_BLOCK_FLOPS = 2.5e7

# Rows that a block has at least, if there are so many: products of fewer wait for memory.
_FEWEST_ROWS = 64


class DenseEngine:
    """Runs a network forwards and backwards over windows.

    Used in a `with` block, it keeps threads between calls and BLAS to one thread.

    Parameters
    ----------
    architecture : DenseArchitecture
    n_jobs : int or None
        Threads, as joblib counts them.
    """

    def __init__(self, architecture: DenseArchitecture, *, n_jobs: int | None = None) -> None:
        self.architecture = architecture
        self._team = Team(n_jobs)
        self._free: list[WorkArrays] = []
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        """Hold BLAS to one thread."""
        self._resources.enter_context(one_blas_thread())
        return self

    def __exit__(self, *exception: object) -> None:
        """Let threads go, and BLAS have its own again."""
        self._team.close()
        self._resources.close()

    def predict(self, theta: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Return raw outputs, (N, m)."""
        network, windows = self._ready(theta, sequences)
        outputs = np.empty((len(windows), self.architecture.n_outputs), theta.dtype)

        def work(rows: np.ndarray) -> None:
            some = slice(rows[0], rows[-1] + 1)
            with self._work_arrays(theta.dtype) as work_arrays:
                outputs[some] = Run(network, windows[some], work_arrays).forward()

        self._team.each(work, self._blocks(np.arange(len(windows)), 1.0 / 3.0))
        return outputs

    def loss_and_gradient(
        self,
        theta: np.ndarray,
        sequences: Sequences,
        rows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: NetworkLoss,
    ) -> tuple[float, np.ndarray]:
        """Return the weighted sum of losses over some windows, and its gradient.

        Parameters
        ----------
        theta : (K,) array
        sequences : Sequences
            All of n_steps.
        rows : (n,) int array
            Which of them.
        targets : (N,) or (N, m) array
            Of all of them.
        weights : (N,) array
            Of all of them.
        loss : NetworkLoss

        Returns
        -------
        loss : float
        gradient : (K,) array
        """
        network, windows = self._ready(theta, sequences)

        def work(rows: np.ndarray) -> tuple[float, np.ndarray]:
            with self._work_arrays(theta.dtype) as work_arrays:
                run = Run(network, windows[rows], work_arrays)
                outputs = run.forward()
                value, d_outputs = loss.value_and_gradient(outputs, targets[rows], weights[rows])
                return value, run.backward(d_outputs)

        (value, gradient), *others = self._team.each(work, self._blocks(rows, 1.0))
        for other, d_theta in others:
            value += other
            gradient += d_theta
        return value, gradient

    def _ready(self, theta: np.ndarray, sequences: Sequences) -> tuple[ReadyNetwork, np.ndarray]:
        n = sequences.n_sequences
        return ReadyNetwork(self.architecture, theta), sequences.values.reshape(n, -1)

    def _blocks(self, rows: np.ndarray, share: float) -> list[np.ndarray]:
        """Cut rows into blocks of about equal work, `share` that of both ways."""
        work = len(rows) * self.architecture.flops_per_row * share / _BLOCK_FLOPS
        # A power of two, which two threads or four divide evenly.
        n_blocks = 2 ** round(np.log2(max(1.0, work)))
        return np.array_split(rows, min(n_blocks, -(-len(rows) // _FEWEST_ROWS)))

    @contextmanager
    def _work_arrays(self, dtype: np.dtype) -> Iterator[WorkArrays]:
        """Lend work arrays: some that are free, or new ones."""
        free = self._free.pop() if self._free else None
        lent = free if free is not None and free.dtype == dtype else WorkArrays(dtype)
        yield lent
        self._free.append(lent)
