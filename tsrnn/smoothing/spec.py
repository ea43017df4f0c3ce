"""What is fitted to series: a structure, what its parameters may be, a prior, and how to search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.structure import Structure

Bounds: TypeAlias = Mapping[str, tuple[float, float]]
"""For each of a cell's parameters what it is searched in; equal ends where it is fixed."""


@dataclass(frozen=True)
class FitSpec:
    """What is fitted to each of N series, and how.

    Attributes
    ----------
    structure : Structure
    bounds : dict
    initial_state : "learned", "heuristic", "level" or (N, n_state) array
        "level" is the first value, without a trend and a season to speak of.
    rates : dict
        Of the prior, by parameter.
    settings : Settings
    """

    structure: Structure
    bounds: Bounds
    initial_state: str | np.ndarray
    rates: Mapping[str, float]
    settings: Settings

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

    def origins(self, of_free: str) -> tuple[str, ...]:
        """Return how each parameter and then the initial state come about.

        Parameters
        ----------
        of_free : str
            What is said of parameters whose bounds are apart.
        """
        of_parameters = (of_free if low < high else "given" for low, high in self.bounds.values())
        return (*of_parameters, "given" if self.is_state_given else self.initial_state)


def bounds_of(structure: Structure, **given: float | None) -> Bounds:
    """Return what each parameter of the cell is searched in: its bounds, or its one value."""
    bounds = {}
    for parameter in structure.cell.parameters:
        is_there = parameter.part in structure.parts
        value = given.get(parameter.name) if is_there else parameter.absent
        low, high = parameter.lower, parameter.upper
        bounds[parameter.name] = (low, high) if value is None else (float(value), float(value))
    return bounds
