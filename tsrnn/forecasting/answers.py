"""Types of what forecasters answer, by the shape of the series that they were fitted to.

The data of a fit decide, of which a type checker sees nothing: of a union it would refuse whatever
suits one of its members alone, `[0]` of a number or `.plot()` of an array. So to it they are `Any`,
and these names say what they are.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Rows: TypeAlias = Any
"""An array, or a Series or DataFrame where `y` was pandas at `fit`, with a row a time step."""

PerSeries: TypeAlias = Any
"""A number, or whatever else tells of one series; of several an array, or a row, for each."""
