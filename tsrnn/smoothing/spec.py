"""The specification of a fit: a structure, what its parameters may be, a prior, how to search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.smoothing.search.task import Settings, Task
from tsrnn.smoothing.structure import Structure

Bounds: TypeAlias = Mapping[str, tuple[float, float]]
"""For each of a cell's parameters what it is searched in; equal ends where it is fixed."""


@dataclass(frozen=True)
class FitSpec:
    """A structure to be fitted to each of N series, and the way to do it.

    Attributes
    ----------
    structure : Structure
    bounds : dict
    initial_state : "learned", "heuristic", "level" or (N, n_state) array
        "level" is the first value, without a trend and a season to speak of.
    rates : dict
        Of the prior, by parameter.
    settings : Settings
    fixed : frozenset of str
        Parameters that would be learned of longer series.
    """

    structure: Structure
    bounds: Bounds
    initial_state: Any  # str or array
    rates: Mapping[str, float]
    settings: Settings
    fixed: frozenset[str] = frozenset()

    @classmethod
    def learning_all(
        cls, structure: Structure, rates: Mapping[str, float], settings: Settings
    ) -> FitSpec:
        """Return what learns all that a structure has."""
        return cls(structure, bounds_of(structure), "learned", rates, settings)

    @property
    def is_state_given(self) -> bool:
        """Whether the initial state is numbers of the user's."""
        return not isinstance(self.initial_state, str)

    @property
    def is_state_learned(self) -> bool:
        """Whether the initial state is learned with the rest."""
        return not self.is_state_given and self.initial_state == "learned"

    def take(self, series: np.ndarray) -> FitSpec:
        """Return what is fitted to the series at these positions."""
        if not self.is_state_given:
            return self
        return replace(self, initial_state=self.initial_state[series])

    def task(self, batch: Batch, states: np.ndarray) -> Task:
        """Return the task of fitting series in scaled units; `states` are as in `Task`."""
        parameters = self.structure.parameters
        return Task(
            self.structure,
            batch,
            np.array([self.bounds[parameter.name] for parameter in parameters], dtype=float),
            states,
            np.array([self.rates.get(parameter.name, 0.0) for parameter in parameters]),
            self.settings.effort,
        )

    def for_short(self) -> FitSpec:
        """Return what is fitted to series that are too short to learn all of it: nothing is."""
        parameters = self.structure.parameters
        free = [one for one in parameters if len(set(self.bounds[one.name])) > 1]
        values = {one.name: self.bounds[one.name][0] for one in parameters}
        values |= {one.name: one.fallback for one in free}
        for one in parameters:
            if one.beside_alpha:
                values[one.name] = min(values[one.name], 1.0 - values["alpha"])
        state = self.initial_state
        if self.is_state_learned:
            # A trend from the first two values may take a positive series below zero at once.
            state = "level" if self.structure.is_positive else "heuristic"
        return replace(
            self,
            bounds={name: (value, value) for name, value in values.items()},
            initial_state=state,
            fixed=frozenset(one.name for one in free),
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """The origin of each parameter and then of the initial state; see `SmootherBatch`."""
        of_parameters = (
            "held" if name in self.fixed else "learned" if low < high else "given"
            for name, (low, high) in self.bounds.items()
        )
        return (*of_parameters, "given" if self.is_state_given else self.initial_state)


def bounds_of(structure: Structure, **given: float | None) -> Bounds:
    """Return what each parameter of the cell is searched in: its bounds, or its one value."""
    bounds = {}
    for parameter in structure.parameters:
        is_there = parameter.part in structure.parts
        value = given.get(parameter.name) if is_there else parameter.absent
        low, high = parameter.lower, parameter.upper
        bounds[parameter.name] = (low, high) if value is None else (float(value), float(value))
    return bounds
