"""The tasks of a search, its settings, and the solutions that it finds."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tsrnn._compute.declare import Integers, Slab, Vector
from tsrnn._input.ragged import Batch
from tsrnn.cells.complex_smoothing import stable_real_parts
from tsrnn.cells.smoother_cell import SmoothingParameter
from tsrnn.smoothing.structure import Structure


class Series(NamedTuple):
    """Series one after the other, as kernels take them.

    Attributes
    ----------
    values : (R,) array
        NaN where missing.
    offsets : (N + 1,) array
        Where each starts.
    regressors : (R, C) array
    """

    values: Vector
    offsets: Integers
    regressors: Slab


@dataclass(frozen=True)
class Task:
    """Series in scaled units to be fitted, what is free of each, and the prior.

    Attributes
    ----------
    structure : Structure
    batch : Batch
        Of order one.
    bounds : (K, 2) array
        Of the cell's parameters; equal where one is fixed.
    states : (N or 1, S, 1 + U + C) array
        What takes (1, free numbers of the initial state, coefficients) to the initial state.
    rates : (K,) array
        Of the prior (see `tsrnn.priors`).
    effort : {"thorough", "quick"}
        How many starts are followed.
    nearby : (N, n_starts, Q + U + C) array or None
        Where to start besides; then few other starts will do.
    """

    structure: Structure
    batch: Batch
    bounds: np.ndarray
    states: np.ndarray
    rates: np.ndarray
    effort: str = "thorough"
    nearby: np.ndarray | None = None

    @property
    def series(self) -> Series:
        """The series as kernels take them."""
        return Series(self.batch.values, self.batch.offsets, self.batch.regressors)

    @functools.cached_property
    def free(self) -> np.ndarray:
        """The places of the parameters that are free."""
        return np.flatnonzero(self.bounds[:, 0] < self.bounds[:, 1])

    @functools.cached_property
    def free_parameters(self) -> list[SmoothingParameter]:
        """These parameters of the cell."""
        return [self.structure.parameters[k] for k in self.free]

    @functools.cached_property
    def free_names(self) -> list[str]:
        """The names of these."""
        return [parameter.name for parameter in self.free_parameters]

    @property
    def n_free_state(self) -> int:
        """The number of free numbers of the initial state (U)."""
        return self.states.shape[2] - 1 - self.n_columns

    @property
    def n_columns(self) -> int:
        """The number of regressors (C)."""
        return self.batch.regressors.shape[1]

    @functools.cached_property
    def share_at(self) -> int:
        """The place among the free parameters of the one searched as a share of 1 - alpha, or -1.

        Alpha is the cell's first parameter.
        """
        is_share = [parameter.beside_alpha for parameter in self.free_parameters]
        return is_share.index(True) if True in is_share else -1

    @functools.cached_property
    def pairs_at(self) -> np.ndarray:
        """The places among the free parameters of those searched as a share beside the next."""
        is_real = [parameter.beside_next for parameter in self.free_parameters]
        return np.flatnonzero(is_real).astype(np.int64)

    @functools.cached_property
    def search_bounds(self) -> np.ndarray:
        """The bounds of what is searched, (2, Q): of a share 0 and 1."""
        bounds = self.bounds[self.free].T.copy()
        bounds[:, self.pairs_at] = [[0.0], [1.0]]
        if self.share_at >= 0:
            bounds[:, self.share_at] = 0.0, 1.0
        elif 0 in self.free:
            for parameter, (fixed, _) in zip(self.structure.parameters, self.bounds, strict=True):
                if parameter.beside_alpha:
                    bounds[1, 0] = min(bounds[1, 0], 1.0 - fixed)
        return bounds

    def theta_of(self, searched: np.ndarray) -> np.ndarray:
        """Return all parameters, (K, n), given what is searched of them, (Q, n)."""
        theta = self.bounds[:, :1].repeat(searched.shape[1], axis=1)
        theta[self.free] = searched
        if self.share_at >= 0:
            theta[self.free[self.share_at]] *= 1.0 - theta[0]
        for k in self.free[self.pairs_at]:
            stable_real_parts(theta[k + 1], float(self.bounds[k, 1]), theta[k])
        return theta

    def take(self, series: np.ndarray) -> Task:
        """Return the task of the series at these positions, in this order."""
        states = self.states[series] if len(self.states) > 1 else self.states
        nearby = None if self.nearby is None else self.nearby[series]
        return replace(self, batch=self.batch.take(series), states=states, nearby=nearby)


@dataclass(frozen=True)
class Solution:
    """Fitted smoothers of N series in scaled units.

    Attributes
    ----------
    theta : (K, N) array
    states : (S, N) array
        Before the first value.
    coefficients : (C, N) array
    loss : (N,) array
        F with the prior, up to a factor where a SciPy method searched; infinite where no finite one
        was found.
    n_iter : (N,) array
    converged : (N,) array
    message : str
        Of an optimiser that stopped early.
    """

    theta: np.ndarray
    states: np.ndarray
    coefficients: np.ndarray
    loss: np.ndarray
    n_iter: np.ndarray
    converged: np.ndarray
    message: str = "the limit of iterations was reached"


@dataclass(frozen=True)
class Settings:
    """The loss by name, the optimiser's options, and how many starts are followed."""

    loss: str
    huber_delta: float
    solver: str
    max_iter: int
    tol: float
    effort: str = "thorough"


def joined(parts: Sequence[Solution], place: np.ndarray) -> Solution:
    """Put solutions one after the other, and take those at these places."""
    return Solution(  # type: ignore[misc]  # the fields in their order, and then the last
        *(  # type: ignore[arg-type]
            np.ascontiguousarray(
                np.concatenate([getattr(part, name) for part in parts], axis=-1)[..., place]
            )
            for name in ("theta", "states", "coefficients", "loss", "n_iter", "converged")
        ),
        message=parts[0].message,
    )
