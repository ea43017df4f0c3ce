"""Combinations of forecasters: several methods fitted to a series, and their forecasts made one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.numbers import AnyInt
from tsrnn._input.ragged import Batch, offsets_of, rows_between
from tsrnn._input.validation import (
    check_choice,
    check_count,
    check_flag,
    check_period,
    of_one_moment,
)
from tsrnn._time.season_length import Season
from tsrnn.compose.combining import Span, unweighted
from tsrnn.compose.default_members import default_members
from tsrnn.compose.ensemble_model import NO_WEIGHTS, EnsembleModel
from tsrnn.compose.ensemble_summary import summarize_ensemble
from tsrnn.compose.fit_members import (
    NO_REGRESSORS,
    FittedMembers,
    SharedProgress,
    fit_columns,
    fit_panel,
)
from tsrnn.compose.past_errors import CombinedErrors
from tsrnn.compose.weighing import Backtest, Doubts, HeldBack, backtest_weights
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.naming import check_named
from tsrnn.forecasting.requests import unknown_to_all
from tsrnn.forecasting.within import give_place

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

Method = Literal["auto", "mean", "median", "best"]

# The longest season with which it is the mean, unless it is said.
_LONGEST_OF_MEANS = 12


class EnsembleForecaster(_BaseComposition, Forecaster):
    r"""Combine the forecasts of several forecasters: their median, their mean, or the best of them.

    Parameters
    ----------
    forecasters : list of (str, forecaster) or None
        The members and their names. Each is fitted, as a clone, to every series. None stands for
        ``AutoExpSmoothingRNN`` ("auto"), ``ComplexExpSmoothingRNN`` ("ces") and ``ThetaForecaster``
        ("theta"), or of series without a period, in the place of the last, for Holt's method with a
        damped trend and the prior "cautious" ("damped").
    period : int or "auto"
        Time steps of a season, of the default members; 1 for none. "auto" is that of the time
        stamps: 12 for months, 4 for quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48
        and 96 for hours, halves and quarters of them, and 1 for all else. A season of which the
        series has fewer than two full periods is then not looked for. Members of your own have
        periods of their own, and it is left at "auto".
    method : {"auto", "mean", "median", "best"}
        The mean, the median at each step, or the forecast of the member with the smallest error on
        held-back values. "auto" is the mean, but without weights the median where a season has more
        than 12 steps: so errors were smallest on held-back training values of the M3 and M4
        competitions (see :doc:`/ensembles`).
    weights : None, "backtest" or array-like of shape (n_members,)
        With the mean, the weights of the members, in any unit; of a Series with their names as its
        index, in any order. None gives all the same;
        "backtest" those that held-back values tell. Where 30 series or more are pooled, they are
        found by the mix itself; of fewer, or `by_series`, they are proportional to one over the
        square of the mean absolute error: see the notes.
    n_windows : int
        How many windows at the end of each series are held back, one before the other, for
        `weights="backtest"` and `method="best"`. Members are fitted once more for each.
    horizon : int or None
        The steps of such a window. None takes the longest `horizon` of members that have one, as
        ``RNNForecaster(horizon=12)``, but at most half of the series; else a season, or six steps
        where it is shorter, but at most a quarter of the series.
    by_series : bool
        Whether each series has the weights of its own windows, rather than all of a panel, or all
        columns, those of their mean errors.

    Attributes
    ----------
    members_ : dict of str to forecaster
        The fitted members by their names, as `fit` left them: `update` does not move them. Of
        several series, a member that could not be fitted to all columns is a dict of forecasters
        by the position of the column: of that column alone, or, where a member learns from all
        columns, one of those in the dict.
    weights_ : (n_members,) or (n_members, n_series) array
        The weights, of sum 1; equal ones with the median. Two dimensions only with several series.
    dropped_ : dict of str to str
        The members that are left out, for some series or all, and the reason.
    method_ : str
        The method that was taken for "auto".
    period_ : int
        The period that was looked for: the longest, of members of your own; 1 for none.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, combined as forecasts are.

    Warns
    -----
    UserWarning
        At `fit` for members that are left out because they cannot be fitted, with the reason, and
        of whatever members warn of, with their names.
    UnreliableForecastWarning
        At `predict` and the like for members whose forecast is not finite, which are left out from
        that step on, or runs away: outside of the range of the series by more than three times
        that range beyond where it would grow once more as it did, and by more than three times as
        much as that of another member.

    Notes
    -----
    With regressors only the members that take them are combined: of a mean with others, regressors
    would have a part of their effect only. The others are left out, which `fit` tells of.

    A member's forecast that lies outside of the range of the series by more than half of that range
    beyond where the series would grow once more as it did, and by more than half as much again as
    that of another member, is held at that limit: so one that leaves the others far ahead does not
    take the combined one along. Default members were chosen by forecasts of 6 to 18 steps, and 48
    of hours: a hundred steps ahead, where they part, their median or `AutoExpSmoothingRNN` is the
    safer choice on trends (see :doc:`/ensembles`).

    Errors of held-back values are in units of the mean absolute change of the series before, at the
    lag of the season, and each counts 50 at most where the mix is judged. Its weights are those,
    among tenths of two members, or multiples of 1 / (5 M) of M, that are nearest to equal ones with
    an error within 1% of the smallest: what one window says holds in part for its time alone, for
    all series alike.

    A member may learn from all series at once, as `RNNForecaster` does, and be a combination
    itself::

        local, network = EnsembleForecaster(), RNNForecaster(horizon=12)
        EnsembleForecaster([("local", local), ("network", network)], weights="backtest")

    In a panel it is trained once for all series that have a season of the same length, and once
    more for each held-back window. Intervals with weights by a backtest are then learned from the
    first of these windows, without a further fit; those of other weights take one.

    Distributions of members do not average to that of their combination. So intervals are centred
    at the combined forecast, and as wide as past errors of the combination tell: they are computed
    when intervals are first asked for, by fitting the members once more to the beginnings of the
    series and forecasting their ends, and pooled over the series of a panel, or all columns. A
    single series has few, and they are completed by what is typical of series of the M3 and M4
    competitions.

    References
    ----------
    .. [1] F. Petropoulos and I. Svetunkov, A simple combination of univariate models, International
       Journal of Forecasting 36 (2020).

    Examples
    --------
    >>> from tsrnn import EnsembleForecaster, NaiveForecaster
    >>> members = [("last", NaiveForecaster()), ("drift", NaiveForecaster(strategy="drift"))]
    >>> ensemble = EnsembleForecaster(members, method="mean").fit([1.0, 2.0, 4.0, 7.0])
    >>> ensemble.predict(2)
    array([8., 9.])
    >>> list(ensemble.members_)
    ['last', 'drift']
    """

    members_: dict[str, Any]
    weights_: np.ndarray
    dropped_: dict[str, str]
    method_: str

    def __init__(
        self,
        forecasters: Sequence[tuple[str, Forecaster]] | None = None,
        *,
        period: AnyInt | Literal["auto"] = "auto",
        method: Method = "auto",
        weights: Any = None,
        n_windows: AnyInt = 1,
        horizon: AnyInt | None = None,
        by_series: bool = False,
    ) -> None:
        self.forecasters = forecasters
        self.period = period
        self.method = method
        self.weights = weights
        self.n_windows = n_windows
        self.horizon = horizon
        self.by_series = by_series

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with those of members as `name__parameter`.

        Parameters
        ----------
        deep : bool
            Whether members and their parameters are among them.
        """
        return self._get_params("forecasters", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of members as `name__parameter`, and members by their names.

        A parameter of a default member makes the default members those of your own, with
        `period="auto"` those of series that have one; they still have the `period` that is set.
        After an error all is as before.
        """
        clone(self)._set(**params)
        return self._set(**params)

    def _set(self, **params: Any) -> Self:
        """Set parameters as `set_params` does, and some of them before an error."""
        names = {key.partition("__")[0] for key in params}
        if "forecasters" not in params:
            usual = default_members(params.get("period", self.period))
            if self.forecasters is None and names & set(dict(usual)):
                self.forecasters = usual
                self.period = "auto"
                params.pop("period", None)
            elif "period" in params and self._has_defaults():
                period = params.pop("period")
                params = {f"{name}__period": period for name, _ in self.forecasters or ()} | params
        return self._set_params("forecasters", **params)

    def _has_defaults(self) -> bool:
        """Tell whether the members of one's own are those that seasons are forecast with."""
        kinds = [(name, type(one)) for name, one in default_members("auto")]
        try:
            return [(name, type(one)) for name, one in self.forecasters or ()] == kinds
        except (TypeError, ValueError):
            return False

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_period(self.period)
        check_choice("method", self.method, get_args(Method))
        self._check_members()
        self._check_weights()
        check_count("n_windows", self.n_windows)
        check_flag("by_series", self.by_series)
        if self.horizon is not None:
            check_count("horizon", self.horizon)
        if not self._looks_back():
            given = {"n_windows": self.n_windows != 1, "horizon": self.horizon is not None}
            for name, is_given in (given | {"by_series": self.by_series}).items():
                if is_given:
                    raise InvalidParameterError(
                        f"{name} is {getattr(self, name)!r}, but nothing is held back with "
                        f"method={self.method!r} and weights={self.weights!r}: it is for "
                        "method='best' and weights='backtest'"
                    )

    def _check_members(self) -> None:
        if self.forecasters is None:
            return
        wanted = (
            "forecasters must be a list of pairs of a name and a forecaster, such as "
            "[('naive', NaiveForecaster()), ..]"
        )
        if isinstance(self.forecasters, str) or not isinstance(self.forecasters, Sequence):
            raise InvalidParameterError(f"{wanted}, or None, got {self.forecasters!r}")
        if not self.forecasters:
            raise InvalidParameterError(f"{wanted}, or None; it is empty")
        for i, pair in enumerate(self.forecasters):
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise InvalidParameterError(f"{wanted}; the one at position {i} is {pair!r}")
            name, member = pair
            if not isinstance(name, str) or not name:
                raise InvalidParameterError(f"{wanted}; the name at position {i} is {name!r}")
            if not isinstance(member, Forecaster):
                raise InvalidParameterError(f"{wanted}; that of {name!r} is {member!r}")
        check_named("forecasters", self.forecasters, self.get_params(deep=False).keys())
        if self.period != "auto":
            raise InvalidParameterError(
                f"period is {self.period}, but is for the default members: give it to those in "
                "forecasters that have a season"
            )

    def _check_weights(self) -> None:
        if self.weights is None:
            return
        if self.method not in ("auto", "mean"):
            raise InvalidParameterError(
                f"weights are for method='mean': method={self.method!r} has none"
            )
        if isinstance(self.weights, str):
            check_choice("weights", self.weights, ("backtest",))
            return
        n_members = len(self._named())
        try:
            weights = self._given_weights() if self._knows_names() else _as_numbers(self.weights)
        except (TypeError, ValueError):
            weights = np.empty(0)
        fits = weights.shape == (n_members,) and np.isfinite(weights).all()
        if not fits or (weights < 0.0).any() or not weights.any():
            raise InvalidParameterError(
                f"weights must be None, 'backtest' or {n_members} numbers of 0 or more, one a "
                "member, not all 0, or a Series of them by the names of the members, got "
                f"{self.weights!r}"
            )

    def _given_weights(self) -> np.ndarray:
        """Return weights as numbers in the order of the members, NaN where one is masked."""
        weights = self.weights
        if isinstance(weights, pd.Series) and not pd.api.types.is_integer_dtype(weights.index):
            names = [name for name, _ in self._named()]
            if sorted(map(str, weights.index)) != sorted(names):
                raise ValueError(
                    f"weights are those of {list(weights.index)}, but the members are {names}"
                )
            weights = weights[names]
        return _as_numbers(weights)

    def _named(self) -> list[tuple[str, Forecaster]]:
        """Return the members to fit."""
        if self.forecasters is None:
            return default_members(self.period)
        return [(name, member) for name, member in self.forecasters]

    def _knows_names(self) -> bool:
        """Tell whether the members are known before the season is."""
        return self.forecasters is not None or self.period != "auto"

    def _parts(self) -> list[Forecaster]:
        return [member for _, member in self._named()]

    def _taken_method(self) -> str:
        """Return the method, with the period that was taken."""
        if self.method != "auto":
            return self.method
        is_long = self._taken_period() > _LONGEST_OF_MEANS
        return "median" if is_long and self.weights is None else "mean"

    def _looks_back(self) -> bool:
        return self.method == "best" or (
            isinstance(self.weights, str) and self.weights == "backtest"
        )

    def _seeks_season(self) -> bool:
        return any(member._seeks_season() for member in self._parts())

    def shares_season(self) -> bool:
        """Tell whether series too short for a season have that of others: if they do in members.

        Returns
        -------
        does : bool
        """
        seekers = [member for member in self._parts() if member._seeks_season()]
        return bool(seekers) and all(member.shares_season() for member in seekers)

    def _in_season(self, season: Season) -> Forecaster:
        if self.forecasters is None:
            return clone(self).set_params(period=season.taken) if self.period == "auto" else self
        settled = []
        for name, member in self.forecasters:
            if member._seeks_season():
                try:
                    member = member._in_season(season)
                except ValueError as error:
                    raise ValueError(f"member {name!r}: {error}") from error
            settled.append((name, member))
        return clone(self).set_params(forecasters=settled)

    def _taken_period(self) -> int:
        return max(member._taken_period() or 1 for member in self._parts())

    def _needed_steps(self) -> int:
        # Of members of one's own, those that need more than there is are left out.
        needed = [member._needed_steps() for member in self._parts()]
        return max(needed) if self.forecasters is None else min(needed)

    def _would_take(self, period: int, n_observed: int) -> bool:
        return any(member._would_take(period, n_observed) for member in self._parts())

    def _wants_note(self, period: int) -> bool:
        return any(member._wants_note(period) for member in self._parts())

    def _has_season(self) -> bool:
        return False  # members tell themselves of what they cannot know

    def _learns_from_all(self) -> bool:
        return any(member._learns_from_all() for member in self._parts())

    def _uses_regressors(self) -> bool:
        return any(member._uses_regressors() for member in self._parts())

    def _unknown_ahead(self, names: Sequence[Any]) -> frozenset[int]:
        readers = [member for member in self._parts() if member._uses_regressors()]
        return unknown_to_all(readers, names)

    def _refuse_unread(self, regressors: np.ndarray) -> None:
        if regressors.shape[1] and not self._uses_regressors():
            raise ValueError(
                f"X has {regressors.shape[1]} columns, but none of the members takes regressors: "
                "add one that does, such as AutoExpSmoothingRNN(), or leave X out"
            )

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        self._refuse_unread(regressors)
        named, n_series = self._named(), values.shape[1]
        fit = fit_columns(named, values, regressors)
        found = fit.found
        batch = Batch.of_columns(values, regressors)
        panel = batch.values, batch.offsets, batch.regressors
        model, of_weights = self._model_of(found, panel, None)
        named_series = "series {}: ".format if n_series > 1 else lambda i: ""
        if model.failures:
            i = min(model.failures)
            raise ValueError(f"{named_series(i)}{model.failures[i]}")
        if len(of_weights.too_short) == n_series:
            raise ValueError(f"{named_series(0)}{of_weights.too_short[0]}")
        of_weights = of_weights.notes(named_series)
        sources = _left_out(found, named_series), of_weights, found.notes
        lines = [line for i in range(n_series) for one in sources for line in one.get(i, ())]
        notes = {str(line): line for line in lines}
        model = replace(model, notes=tuple(notes.values()))
        attributes = {
            "members_": fit.forecasters,
            "method_": self._taken_method(),
        }
        predictions = model.combined(fit.fitted, model.weights)
        return model, predictions, model.spread(fit.deviations, model.weights), attributes

    def _fit(self, X: Any, y: Any) -> None:
        super()._fit(X, y)
        every = range(self._training[0].shape[1])
        for member in self.members_.values():
            by_column = member if isinstance(member, dict) else dict.fromkeys(every, member)
            columns: dict[Forecaster, list[int]] = {}
            for column, one in by_column.items():
                columns.setdefault(one, []).append(column)
            for one, its_own in columns.items():
                give_place(one, self, np.array(its_own))

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        self._refuse_unread(regressors)
        n_fits = 1 + self.n_windows * self._looks_back()
        shared = SharedProgress.of(progress, n_fits, len(offsets) - 1)
        found = fit_panel(self._named(), values, offsets, regressors, n_jobs, shared)
        model, of_weights = self._model_of(found, (values, offsets, regressors), n_jobs, shared)
        shared.reach(n_fits)
        sources = _left_out(found, _unnamed), of_weights.notes(_unnamed), found.notes
        notes = {
            i: tuple(line for one in sources for line in one.get(i, ()))
            for i in sorted({i for one in sources for i in one} - set(model.failures))
        }
        return replace(model, notes=notes)

    def _model_of(
        self,
        found: FittedMembers,
        panel: tuple[np.ndarray, np.ndarray, np.ndarray],
        n_jobs: int | None,
        progress: Progress | None = None,
    ) -> tuple[EnsembleModel, Doubts]:
        """Make the model of a panel of fitted members, without notes, and doubts of weights."""
        weights, doubts, last = self._weigh(panel, n_jobs, progress)
        model = self._combination(found, weights, panel)
        for i in np.flatnonzero(unweighted(weights, model.present)).tolist():
            doubts.lines.setdefault(i, NO_WEIGHTS)
        if last is not None:
            unjudged = last.unjudged(model.names, np.asarray(model.present.any(axis=1)))
            doubts.lines.update(unjudged | doubts.lines)
        if last is not None and self._learns_from_all():
            # What learns from all series is dear, and has been fitted to their beginnings.
            values, offsets, regressors = panel
            rows = rows_between(offsets[:-1][last.series], last.before)
            begun = values[rows], offsets_of(last.before), regressors[rows]
            before = self._combination(last.found, weights[:, last.series], begun)
            past = model.past.measured(before, last.series, last.before, last.size)
            model = replace(model, past=past)
        return model, doubts

    def _combination(
        self,
        found: FittedMembers,
        weights: np.ndarray,
        panel: tuple[np.ndarray, np.ndarray, np.ndarray],
    ) -> EnsembleModel:
        """Put together members fitted to the series of a panel."""
        values, offsets, _ = panel
        model = EnsembleModel(
            tuple(name for name, _ in self._named()),
            found.members,
            len(offsets) - 1,
            self._taken_method() == "median",
            weights,
            Span.of(values, offsets),
            CombinedErrors(clone(self), *panel),
            found.dropped,
        )
        return model.without_lost().with_shares()

    def _weigh(
        self,
        panel: tuple[np.ndarray, np.ndarray, np.ndarray],
        n_jobs: int | None,
        progress: Progress | None,
    ) -> tuple[np.ndarray, Doubts, HeldBack | None]:
        """Return the weights of members, (M, N), what there is to know of them, and its source."""
        named, n_series = self._named(), len(panel[1]) - 1
        if self._looks_back():
            how = self._backtest()
            weights, n_windows, sizes, last = backtest_weights(how, named, panel, n_jobs, progress)
            return weights, Doubts.of(how, n_windows, sizes, np.diff(panel[1])), last
        weights = np.ones(len(named)) if self.weights is None else self._given_weights()
        weights = weights / weights.max()
        weights = np.repeat((weights / weights.sum())[:, None], n_series, axis=1)
        return weights, Doubts({}, {}), None

    def _backtest(self) -> Backtest:
        """Return how members are judged; without a horizon by one that a member is trained for."""
        trained = [
            int(value)
            for name, value in self.get_params().items()
            if name.endswith("__horizon") and isinstance(value, Integral)
        ]
        return Backtest(
            self.horizon or max(trained, default=None),
            self.n_windows,
            self._taken_period(),
            self.by_series,
            self.method == "best",
            self.horizon is not None,
        )

    @of_one_moment
    def summary(self) -> Summary:
        """Summarise the fit: the members, their weights, those left out, and the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        return summarize_ensemble(self, self._model)  # type: ignore[arg-type]


def _as_numbers(weights: Any) -> np.ndarray:
    """Read weights, NaN where one is masked."""
    return np.where(np.ma.getmaskarray(weights), np.nan, np.array(weights, dtype=float))


def _unnamed(i: int) -> str:
    """Name a series beside what is said of it."""
    return ""


def _left_out(found: FittedMembers, prefix: Callable[[int], str]) -> dict[int, tuple[Warning, ...]]:
    """Say by series which members are left out of it."""
    lines: dict[int, tuple[Warning, ...]] = {}
    for name, i, reason in found.dropped:
        text = f"{prefix(i)}the member {name!r} is left out, for it cannot be fitted: {reason}"
        if reason == NO_REGRESSORS:
            text = f"the member {name!r} is left out, for {reason}"  # whatever the series
        lines[i] = (*lines.get(i, ()), UserWarning(text))
    return lines
