"""Complex smoothing fitted to many series, in the form that is given, or that suits each best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn._input.wording import Message
from tsrnn.forecasting.blocks import Block, fit_blocks, partition
from tsrnn.forecasting.fitted_model import Progress
from tsrnn.smoothing.complex.structure import ComplexStructure
from tsrnn.smoothing.extent import Extent
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.shares import Fitted, shares_of
from tsrnn.smoothing.spec import FitSpec, bounds_of

# Series of a panel that are worked on at a time. It does not depend on the number of threads.
_BLOCK = 4096


def fit_complex(
    structures: Sequence[ComplexStructure],
    batch: Batch,
    settings: Settings,
    name: Callable[[int], str],
    n_jobs: int | None = None,
    *,
    keeps_rows: bool = True,
) -> Fitted:
    """Fit each structure to the series that have two full seasons for it, and keep the best.

    That is the first of those with the lowest AICc. One structure alone is fitted to all.
    """
    fitted = Fitted(batch.n_series, keeps_rows=keeps_rows)
    n_observed, is_choice = batch.count_observed(), len(structures) > 1
    found, criteria = [], np.full((len(structures), batch.n_series), np.inf)
    for c, structure in enumerate(structures):
        # It has all that fits read of a `Structure`.
        spec = FitSpec(structure, bounds_of(structure), "heuristic", {}, settings)  # type: ignore[arg-type]
        is_long = n_observed >= (2 * structure.period if is_choice else 0)
        if not is_long.any():
            continue
        for share in shares_of(spec, batch, name, np.flatnonzero(is_long)):
            fit = fit_batch(share.spec, share.batch, share.name, n_jobs)
            found.append((c, share, fit))
            aicc = np.where(np.isnan(fit.numbers["aicc_"]), np.inf, fit.numbers["aicc_"])
            # One that is followed exactly needs no better.
            criteria[c, share.series] = np.where(fit.is_exact, -np.inf, aicc)
            criteria[c, share.series[list(fit.failures)]] = np.inf
    if is_choice:
        _say_which_are_short(fitted, n_observed, structures[-1].period, name)
    chosen = criteria.argmin(axis=0)
    for c, share, fit in found:
        kept = np.flatnonzero(chosen[share.series] == c)
        if kept.size:
            fitted.add(share.take(kept), fit if kept.size == share.series.size else fit.take(kept))
    return fitted


def _say_which_are_short(
    fitted: Fitted, n_observed: np.ndarray, period: int, name: Callable[[int], str]
) -> None:
    """Note of which series no season is looked for, though one was given to choose a form of."""
    for i in np.flatnonzero(n_observed < 2 * period).tolist():
        note = UserWarning(
            Message(
                "{name} has {n} observed values, fewer than two full periods of {period}: no form "
                "of season is looked for",
                name=name(i),
                n=int(n_observed[i]),
                period=period,
            )
        )
        fitted.note(i, note)


def fit_complex_panel(
    structures: Sequence[ComplexStructure],
    batch: Batch,
    settings: Settings,
    n_jobs: int | None,
    progress: Progress | None,
) -> SmoothingModel:
    """Fit the series of a panel; see `Forecaster.fit_panel`."""

    def fit(block: Block) -> Fitted:
        fitted = fit_complex(structures, block.batch, settings, unnamed, n_jobs, keeps_rows=False)
        if progress is not None:
            progress(block.series.size)
        return fitted

    found = fit_blocks(fit, partition(batch, _BLOCK))
    model = SmoothingModel(found.parts, batch.n_series, found.failures, found.notes)
    return replace(model, extent=Extent.of(batch))
