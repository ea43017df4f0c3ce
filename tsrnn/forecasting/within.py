"""The place in time of forecasters that were fitted to arrays, as parts of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tsrnn.forecasting.forecaster import Forecaster


def give_place(member: Forecaster, host: Forecaster, columns: np.ndarray) -> None:
    """Give a forecaster that was fitted within another its time stamps and names of columns."""
    layout, index = host._layout, host._grid.stamps(0, len(host._training[0]))
    names = None if layout.names is None else layout.names[columns]
    layout = replace(layout, names=names)
    member._layout, member._grid = layout, host._grid
    for name in ("fitted_values_", "residuals_"):
        own = np.asarray(getattr(member, name)).reshape(len(index), -1)
        setattr(member, name, layout.rows(own, index))
    if member.n_features_in_ and hasattr(host, "feature_names_in_"):
        member.feature_names_in_ = host.feature_names_in_
