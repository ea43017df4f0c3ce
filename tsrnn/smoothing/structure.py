"""The structures of exponential smoothing: which errors, trend and season a smoother has.

Structures are written as in the literature on ETS models: error (A, M), trend (N, A, Ad), season
(N, A, M), so that AAN is Holt's method with additive errors and MAdM has everything but additive
parts. Additive and multiplicative errors share their equations and differ in the likelihood: a
multiplicative error is a share of the prediction.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.wording import Argument, Message
from tsrnn.cells import HOLT, SES
from tsrnn.cells.holt_winters import holt_winters_add, holt_winters_mul
from tsrnn.cells.smoother_cell import SmootherCell, SmoothingParameter

_LETTERS = {None: "N", "add": "A", "mul": "M"}


@dataclass(frozen=True)
class Structure:
    """One member of the family.

    Attributes
    ----------
    error : {"add", "mul"}
    trend : {None, "add"}
    damped : bool
    seasonal : {None, "add", "mul"}
    period : int
        Steps of a season; 1 without one.
    """

    error: str = "add"
    trend: str | None = None
    damped: bool = False
    seasonal: str | None = None
    period: int = 1

    @property
    def label(self) -> str:
        """The structure in the letters of the literature, such as AAdM."""
        damped = "d" if self.damped else ""
        return f"{_LETTERS[self.error]}{_LETTERS[self.trend]}{damped}{_LETTERS[self.seasonal]}"

    @functools.cached_property
    def cell(self) -> SmootherCell:
        """The cell that has these equations; seasonal ones have a trend, if only of zero."""
        if self.seasonal == "add":
            return holt_winters_add(self.period)
        if self.seasonal == "mul":
            return holt_winters_mul(self.period)
        return SES if self.trend is None else HOLT

    @property
    def parameters(self) -> tuple[SmoothingParameter, ...]:
        """The parameters that its cell learns."""
        return self.cell.parameters  # type: ignore[return-value]  # they are of this kind

    @property
    def is_linear(self) -> bool:
        """Whether predictions are linear in the initial state."""
        return self.seasonal != "mul"

    @property
    def is_relative(self) -> bool:
        """Whether errors are shares of the prediction."""
        return self.error == "mul"

    @property
    def is_positive(self) -> bool:
        """Whether predictions must be positive, and so what they are learned from."""
        return self.is_relative or not self.is_linear

    @property
    def is_movable(self) -> bool:
        """Whether it is the same wherever the series is zero."""
        return not self.is_positive

    @property
    def has_one_start(self) -> bool:
        """Whether it is searched from one start alone: none of this family is."""
        return False

    @property
    def has_own_start(self) -> bool:
        """Whether it says itself where it begins, which is not learned but counts as if it were."""
        return False

    @property
    def positive_part(self) -> str:
        """The argument that asks for that."""
        return "error='mul'" if self.is_relative else "seasonal='mul'"

    @property
    def parts(self) -> frozenset[str]:
        """The parts that it has parameters for."""
        has = {
            "level": True,
            "trend": self.trend is not None,
            "season": self.seasonal is not None,
            "damping": self.damped,
        }
        return frozenset(part for part, is_there in has.items() if is_there)

    @property
    def n_smoothing(self) -> int:
        """The number of its smoothing parameters."""
        return len(self.parts)

    @property
    def n_free_state(self) -> int:
        """The number of free numbers of the initial state."""
        return 1 + (self.trend is not None) + (self.period - 1 if self.seasonal else 0)

    @property
    def n_state(self) -> int:
        """The size of the cell's state (S), which is not made for it."""
        return 2 + self.period if self.seasonal else 1 + (self.trend is not None)

    @functools.cached_property
    def kept(self) -> np.ndarray:
        """The places in the cell's state of the numbers that are the structure's."""
        has_trend = self.seasonal is None or self.trend is not None
        return np.array([i for i in range(self.n_state) if has_trend or i != 1])

    @functools.cached_property
    def is_share(self) -> np.ndarray:
        """A mask of the numbers of the cell's state that have no unit, (S,)."""
        return np.arange(self.n_state) >= (2 if self.seasonal == "mul" else np.inf)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the numbers of its state."""
        return tuple(self.cell.state_names[i] for i in self.kept)

    @property
    def places(self) -> tuple[int, int | None, int | None]:
        """The places of the newest level, trend and season, or None, among its numbers."""
        season = None if self.seasonal is None else self.kept.size - 1
        return 0, None if self.trend is None else 1, season

    def cell_state(self, state: np.ndarray) -> np.ndarray:
        """Take a state, (.., n), to the cell's, (.., S)."""
        full = np.zeros((*state.shape[:-1], self.n_state))
        full[..., self.kept] = state
        return full

    @functools.cached_property
    def normalised(self) -> np.ndarray:
        """The matrix that takes (1, free numbers) to the cell's state, (S, 1 + n_free_state).

        Additive seasons add up to zero, multiplicative ones have a mean of one: the last season
        is what that leaves it.
        """
        n_state, n_plain = self.n_state, 1 + (self.trend is not None)
        matrix = np.zeros((n_state, 1 + self.n_free_state))
        matrix[0, 1] = 1.0
        if self.trend is not None:
            matrix[1, 2] = 1.0
        if self.seasonal is not None:
            matrix[2:-1, 1 + n_plain :] = np.eye(self.period - 1)
            matrix[-1, 1 + n_plain :] = -1.0
            matrix[2:, 0] = 1.0 if self.seasonal == "mul" else 0.0
        return matrix

    def learned_states(self, n_columns: int) -> np.ndarray:
        """Return that matrix with columns of regressors, (1, S, 1 + n_free_state + n_columns)."""
        return np.hstack([self.normalised, np.zeros((self.n_state, n_columns))])[None]

    def free_state(self, states: np.ndarray) -> np.ndarray:
        """Return the free numbers of normalised states of the cell, (N, S) to (N, n_free_state)."""
        names = self.kept[:-1] if self.seasonal is not None else self.kept
        free = states[:, names].copy()
        if self.seasonal == "mul":
            free[:, -(self.period - 1) :] -= 1.0
        return free


def refuse_not_positive(structure: Structure, batch: Batch) -> None:
    """Refuse a series with values that a multiplicative part has no meaning for."""
    if not structure.is_positive:
        return
    wrong = np.flatnonzero(batch.values <= 0.0)
    if wrong.size:
        row = int(wrong[0])
        i = int(np.searchsorted(batch.offsets, row, side="right")) - 1
        of_series = f" of series {i}" if batch.n_series > 1 else ""
        raise ValueError(
            Message(
                "{part} needs a series of positive values, but y is {value:g} at position "
                "{place}{of_series}: use additive parts, or add a constant",
                part=Argument("error" if structure.is_relative else "seasonal", "mul"),
                value=batch.values[row],
                place=row - int(batch.offsets[i]),
                of_series=of_series,
            )
        )
