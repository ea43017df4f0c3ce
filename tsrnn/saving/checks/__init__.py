"""Rules for the parts of models, beside each other: held against files before they are used.

A file may be forged, or come from memory that was damaged. Each class that a file may hold has a
check of what its methods, and above all kernels, rely on: types, shapes, ranges. Parts are checked
before what keeps them, which compares no more than their sizes. A check raises ValueError, or what
becomes of comparing things that are none.
"""

from typing import Any

from tsrnn.saving.checks import (
    causal,
    ensembles,
    features,
    forecasters,
    models,
    networks,
    panels,
    smoothers,
    theta,
    times,
    windows,
)

CHECKS: dict[Any, Any] = (
    smoothers.CHECKS
    | theta.CHECKS
    | times.CHECKS
    | networks.CHECKS
    | causal.CHECKS
    | windows.CHECKS
    | models.CHECKS
    | ensembles.CHECKS
    | features.CHECKS
    | forecasters.CHECKS
    | panels.CHECKS
)
