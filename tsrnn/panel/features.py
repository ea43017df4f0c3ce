"""Features of time in panels: columns made of the stamps of each series' rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tsrnn._input.ragged import counted
from tsrnn.features.hosts import columns_of, learned_features
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.panel.fill import StepRules
from tsrnn.panel.frame import Panel
from tsrnn.panel.report import id_of


def with_time_features(
    panel: Panel, forecaster: Forecaster, rules: StepRules
) -> tuple[Panel, tuple[TimeFeatures, ...]]:
    """Put the columns of a forecaster's features beside the regressors of a panel.

    Returns
    -------
    panel : Panel
    features : tuple of TimeFeatures
        Which have learned from the stamps of all series.

    Raises
    ------
    ValueError
        Where rows are the steps: when those to come will be, nobody knows. And for series that
        features cannot be made of together.
    """
    features = forecaster.time_features()
    if not features:
        return panel, ()
    if rules.by_rows:
        raise ValueError(
            "freq='rows' takes rows for steps, so that the dates of those to come are unknown: "
            "features of time need another freq, or their columns in the frame"
        )
    stamps = panel.codec.write(panel.ordinals)
    bounds = np.append(0, np.cumsum(panel.lengths))
    parts = [
        (id_of(panel.ids, i), stamps[bounds[i] : bounds[i + 1]]) for i in range(len(panel.lengths))
    ]
    every = panel.codec.write(np.unique(panel.ordinals))
    learned = learned_features(features, every, parts)
    _, step = counted(panel.lengths)
    columns = columns_of(learned, stamps, step)
    return replace(panel, regressors=np.hstack([panel.regressors, columns])), learned
