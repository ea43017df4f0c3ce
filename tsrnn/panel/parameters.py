"""Parameters of a panel forecaster: how they are set, and checked before they are used."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import pandas as pd
from sklearn.base import clone
from sklearn.utils.metaestimators import _BaseComposition
from tqdm import tqdm

from tsrnn._input.validation import check_count, check_flag, check_jobs
from tsrnn.forecasting.fitted_model import Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.panel.arguments import check_names
from tsrnn.panel.fill import StepRules
from tsrnn.panel.frame import Columns
from tsrnn.panel.labels import Aggregate
from tsrnn.panel.models import NamedForecaster, check_forecasters, is_several, named, refuse_of_one
from tsrnn.panel.reading import FrameRoles, Readers, ReadFrame, read_frame


class PanelParameters(_BaseComposition):
    """Base of `PanelForecaster`, whose constructor arguments these are."""

    forecaster: Forecaster | Sequence[Any]
    id_col: Hashable
    time_col: Hashable
    target_col: Hashable
    regressors: Sequence[Hashable] | None
    static: Sequence[Hashable] | None
    freq: Any
    fill: Any
    aggregate: Aggregate | None
    alias: str | None
    conformal_windows: int
    n_jobs: int | None
    verbose: bool

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, of a list of forecasters with theirs as `name__parameter`.

        Parameters
        ----------
        deep : bool
            Whether forecasters and their parameters are among them.
        """
        if is_several(self.forecaster):
            return self._get_params("_named", deep=deep)
        return super().get_params(deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters: those of a forecaster as `forecaster__parameter`, in a list by its name.

        After an error all is as before.
        """
        clone(self)._set(**params)
        return self._set(**params)

    def _set(self, **params: Any) -> Self:
        """Set parameters as `set_params` does, and some of them before an error."""
        self.forecaster = params.pop("forecaster", self.forecaster)
        if is_several(self.forecaster):
            refuse_of_one(params, self._names())
            return self._set_params("_named", **params)
        return super().set_params(**params)

    def _validated(self) -> tuple[Columns, tuple[NamedForecaster, ...]]:
        """Check the constructor's arguments: the columns, and forecasters to fit with."""
        own = self.get_params(deep=False).keys()
        forecasters = check_forecasters(self.forecaster, self.alias, own)
        columns = self._columns()
        self._rules().check()
        check_count("conformal_windows", self.conformal_windows)
        check_flag("verbose", self.verbose)
        self._roles().check()
        return columns, forecasters

    def _columns(self) -> Columns:
        """Check what every method uses: what columns are called, and threads."""
        columns = Columns(self.id_col, self.time_col, self.target_col)
        check_names(columns, self.alias, self._names(), is_several(self.forecaster))
        check_jobs(self.n_jobs)
        return columns

    def _rules(self) -> StepRules:
        return StepRules(self.freq, self.fill, self.aggregate)

    def _roles(self) -> FrameRoles:
        columns = Columns(self.id_col, self.time_col, self.target_col)
        return FrameRoles(columns, self.regressors, self.static)

    def _read(self, df: Any, learned: pd.DataFrame | None = None) -> ReadFrame:
        """Read a frame to be fitted to, static columns by what was learned of those before."""
        alone: Any = self.forecaster
        forecasters = [one for _, one in self._named] if is_several(alone) else [alone]
        reads = [one._reads_static() for one in forecasters]
        by_reading = [
            tuple(name for name, does in zip(self._names(), reads, strict=True) if does is one)
            for one in (True, False)
        ]
        repeats = self.aggregate is not None
        readers = Readers(*by_reading)
        return read_frame(df, self._roles(), repeats=repeats, readers=readers, learned=learned)

    @contextmanager
    def _progress(self, n_series: int) -> Iterator[Progress | None]:
        if not self.verbose:
            yield None
            return
        with tqdm(total=n_series, unit="series", desc=", ".join(self._names())) as bar:
            yield bar.update

    def _names(self) -> list[str]:
        """Return what the columns of forecasts are called."""
        if is_several(self.forecaster):
            return [name for name, _ in self._named]
        return [type(self.forecaster).__name__ if self.alias is None else self.alias]

    @property
    def _named(self) -> list[tuple[str, Any]]:
        """The forecasters of a list with their names, by which parameters are set; else none."""
        return named(self.forecaster) if is_several(self.forecaster) else []

    @_named.setter
    def _named(self, pairs: list[tuple[str, Any]]) -> None:
        self.forecaster = pairs
