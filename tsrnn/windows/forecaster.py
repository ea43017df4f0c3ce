"""A sequence regressor as a forecaster: it reads windows of lags and predicts what follows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags

from tsrnn._input.numbers import AnyInt
from tsrnn._input.ragged import Batch
from tsrnn._input.validation import at_this_moment
from tsrnn._optim.watch import TrainingState
from tsrnn._time.grid import TimeGrid
from tsrnn._time.season_length import Season
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.windows.arguments import (
    Center,
    Strategy,
    UnitKind,
    check_windows,
    has_no_estimator,
    past_positions,
    reads_whole,
    steps_together,
    trains_members,
    window_of,
    wishes_of,
)
from tsrnn.windows.base import OnWindows
from tsrnn.windows.columns import ReadColumns, StaticRead, never_told
from tsrnn.windows.course import Course
from tsrnn.windows.default import default_network
from tsrnn.windows.doubts import few_note
from tsrnn.windows.members import Member
from tsrnn.windows.model import (
    State,
    WindowModel,
    WindowState,
    fit_members,
    fit_windows,
    periods_of,
    too_short,
    trained_for,
)
from tsrnn.windows.network import WindowNetwork, WindowSpec, with_seed
from tsrnn.windows.rule import Rule
from tsrnn.windows.together import MembersNetwork
from tsrnn.windows.whole import WholeMember, WholeNetwork, WholeState, fit_whole


class RNNForecaster(OnWindows):
    r"""Forecast by networks, or any regressor, that read windows of lags of many series.

    Every stretch of values is a window, and the values after it are targets. All series train
    together: columns of `y`, or with `PanelForecaster` the series of a panel. Each window is read
    in units of its own, so that what is learned at one height and in one unit serves at all others,
    and series that go on rising are followed.

    Where the horizon is known, ``RNNForecaster(horizon=12)`` trains several small networks that say
    all steps at once, and takes the median of what they forecast: its `members_`. Without one, or
    with an estimator of your own, there is one regressor.

    Parameters
    ----------
    estimator : "auto" or regressor
        With "auto" members for a known `horizon`; without one ``ElmanRNNRegressor(
        hidden_layer_sizes=16, learning_rate_init=0.003, early_stopping=True, init="holt")``,
        trained for as long as suits the number of windows: see the notes. Or one of the sequence
        regressors, or any regressor of scikit-learn's that takes a matrix. It is cloned, and not
        changed. None is "auto".
    window : "auto", int or "all"
        How many values are read, 2 at least. With "auto" members follow the rule in the notes, and
        a single regressor reads 10. With "all" members are recurrent networks that read each series
        whole, from its first value on.
    strategy : {"auto", "recursive", "direct"}
        Predict one step ahead, and further ahead from what was predicted; or predict `horizon`
        steps together, as so many outputs. "auto" is direct where there is a horizon. A regressor
        of one output, such as scikit-learn's SVR, serves inside of a ``MultiOutputRegressor``.
    horizon : int or None
        How many steps are predicted together; forecasts further ahead go on from them.
    period : int or "auto"
        Time steps of a season, for members. "auto" is that of the index: 12 of months, 4 of
        quarters, and 1 for all else that has none.
    center : {"auto", "last", "season"}
        The level that members read a window from: its last value, or the mean of the last season.
    units : {"auto", "ratio", "std"}
        The unit that members read it in: the level, of values that are all positive, or the
        standard deviation.
    n_members : int or "auto"
        How many networks are trained together: with "auto" as many as the rule in the notes says,
        or as `members` names.
    members : "auto", {"dense", "gru", "lstm", "ridge"} or tuple of these
        What they are, in turn: dense networks, recurrent ones, or ridge regression on the windows
        that a network would read, in closed form. That takes next to no time, and is the floor that
        networks have to beat. With "auto" the rule says it.
    past_covariates : list or None
        Names of columns of X, or their positions, that are known only up to the last value seen, as
        weather and visitors are: members read them there, and forecasts need no values of them:
        they may be left out of a frame to predict, or be NaN. The other columns are known in
        advance. In a panel all of them are named in its `regressors`, too.
    early_stopping : bool
        Hold the last horizon of each series back from the training of members, watch the loss of
        it, and go back to the weights of the epoch in which it was lowest. A warning then tells
        where ridge regression forecasts what was held back as well.
    warm_start : bool
        Whether `fit` goes on from the weights of the members that there are, of whatever series;
        their history goes on, too. So does `PanelForecaster.fit`. Series of another period are a
        ValueError, as another window or horizon is. Within other forecasters each fit begins anew.
    verbose : bool or int
        Whether to show a progress bar with the losses of members.
    callback : callable or None
        Called at the end of each epoch of a member with an object that has `member` (its number,
        from 0), `epoch` (from 1), `history` and `weights` (a copy, by their names); the training of
        that member ends where it returns something true. One call at a time, from the threads that
        train.
    cut_off : float or None
        Targets are cut off at so many times their root mean square, without regressors, lest the
        squared error should be about a few outliers. Noisy series may be forecast better with 1.5;
        where rare large changes come regularly, as a peak once in a long season, None leaves them.
        For a single regressor.
    random_state : int, RandomState or None
        Of members; and the `random_state` of an estimator that has none of its own: of its parts,
        too.
    n_jobs : int or None
        Threads that members are trained in, as joblib counts them, and those of an estimator that
        does not say; `PanelForecaster` has its own, which counts where this is None. The results do
        not depend on it.

    Attributes
    ----------
    members_ : tuple of Member
        The networks that were trained together, if they were: their `spec` says what each reads,
        their `history` has the "loss" of each epoch, and with `early_stopping` the "val_loss".
    period_ : int
        The period that was taken; 1 for none.
    estimator_ : regressor
        As it was trained, if it was one; scikit-learn's `DummyRegressor` where all targets are
        alike, as those of a line are, so that there is nothing to learn, and where there is but one
        window: the last value is then repeated.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, and what they miss; NaN for the first
        `window` steps of a series.
    sigma2_ : float or (n_series,) array
        The mean squared residual.
    n_windows_ : int
        How many windows were trained on; of series read whole, how many steps.

    Warns
    -----
    UnreliableForecastWarning
        By `fit`, where one-step errors on the series itself are worse than those of repeating the
        last value (of members on more than half of several series), where values are outliers, the
        last ones by what was before, where there is one window to train on, and where a network of
        ours is trained on few: fewer than 1000 without a horizon, than 50 with one. By `predict`,
        `predict_interval`, `predict_quantiles` and `simulate`, once a call, where the forecast runs
        away: it leaves the range of the series by more than half of it, and the series has no trend
        that leads there.
        By `simulate` also where more than half of the paths do, and the forecast does not. The
        notes have the rules. Of several series one warning says how many they are; those of the fit
        of a panel are listed in its `notes_`.
    UserWarning
        By `fit`, where no more than a tenth of the series have values that are not positive, and
        keep all others from being read in ratios.

    Notes
    -----
    **Members.** The rule by which they are chosen knows the period :math:`m`, the horizon
    :math:`h`, the median length of the series, whether all values are positive, and how many series
    have a season by the test of the M competitions. Without a season, six read windows of :math:`2
    h` and :math:`3 h` in turn, but of no more than two thirds of the median length, nor a twelfth
    of the number of values of all series together; of series of
    :math:`40 h` values and more, of :math:`4 h` and :math:`5 h`. Every third is a GRU of 32 units
    where its window is no longer than 32, the others are dense networks of two layers of 128. With
    a season six dense networks read windows of :math:`m + h`, each in another way: the series as it
    is, in ratios to the mean of the last season or to the last value, or in standard deviations;
    and, if one series in twenty has a season, the seasonally adjusted one. Of hours, or parts of
    them (:math:`m` is a multiple of 24), and three weeks of them, four read two weeks in standard
    deviations from the mean of the last day, and begin as the mean of yesterday and of a week ago.

    A window :math:`w_1, \ldots, w_T` with level :math:`b` is read as :math:`2 \log(w_t / b)`, or as
    :math:`(w_t - b) / u` with its standard deviation :math:`u`, and outputs :math:`o_j` say
    :math:`b + b\,o_j` or :math:`b + u\,o_j`. In ratios of values of which none is negative
    forecasts, their quantiles and paths are 0 at least. Trained on are the last origins of all
    series, up to 200,000, each with at least four values or two seasons before it; short windows
    are filled by the first value, or the first season again and again. The loss is the OWA of the
    M4 competition: half of the symmetric percentage error and of the absolute error in units of the
    (seasonal) naive forecast's so far, each over that of the adjusted naive forecast on the last
    horizon; where not all values are positive it is the second alone. Adam's rate rises for 100
    steps and then falls to zero along a cosine. Targets that are missing are left out. Forecasts
    beyond the horizon go on from those within, and move from the last value seen by no more than a
    line would.

    **Columns.** Regressors, standardised over all series, are read in the window, and those that
    are known in advance also of the steps ahead: beside what the network makes of the window, the
    output of step :math:`j` has

    .. math::

        \beta' (r_j - \bar r) + v' \max(U r_j + c, 0),

    where :math:`r_j` are the columns of that step, :math:`\bar r` their mean over the steps of the
    level, and :math:`c` sixteen more outputs of the network, so that what a column does may hang on
    the window and on what is static. :math:`\beta`, :math:`v` and :math:`U` are the same for all
    steps; training begins with :math:`v = 0` and the :math:`\beta` of a regression. So a step hangs
    on no later one: few steps are forecast as they are among more, and X is needed as far ahead as
    is asked. In forecasts that go on beyond the horizon the last value seen of a past covariate
    stands for those to come. Columns whose height differs from series to series, such as prices,
    are best given relative to it. One that never changed at the fit has no effect later. In a panel
    members also read its `static` columns: numbers standardised, and a 0 or 1 for each category.
    `RegressionForecaster` around members takes all columns itself: its effects are of each series
    alone.

    Members that you name read what those of the rule would in their places; LSTMs have 32 units. A
    ridge regression says the same outputs as a linear map of the window, in closed form: of each
    step with the penalty by which windows that are left out in turn are predicted best, and with
    outputs cut off at three times their root mean square. With `early_stopping` seasons and mean
    changes are still those of whole series. Where training goes on, by `warm_start`, members stay
    what they are, as many as they are, and read what they did; where it comes to nothing better,
    the best weights seen are kept. Ctrl-C keeps the members that have come through an epoch, with
    their best weights; before that, and in a panel, a search or another forecaster, it is a
    KeyboardInterrupt, and the forecaster is as it was. So it is where training diverges.

    Every member also says how far the quantiles of levels 2.5% and 97.5% lie from its forecast: two
    more outputs a step, trained by their pinball losses; of ridge they are those of the errors of
    windows that are left out, the same for all windows in units of their mean change. So intervals
    and quantiles need no second fit. They are the medians of the members'; on either side other
    levels lie as those of a normal distribution with that quantile, and beyond the horizon
    distances grow as those of a random walk. `PanelForecaster.predict(method="conformal")` corrects
    them by forecasts of the ends of the series.

    **Series read whole.** With ``window="all"`` members are GRUs of 32 units (or LSTMs, by
    `members`) that read each series once, and say at every step :math:`t` how the next :math:`h`
    values differ from those of a season before, or from :math:`y_t` in the first season and where
    :math:`m = 1`: as :math:`(y_{t+j} - y_{t+j-m}) / (s_t \sqrt{j})`, with :math:`s_t` the mean
    change over a season, of the last hundred about. So a series of :math:`n` values trains
    :math:`n` forecasts for the work of reading it, and `update` costs a few steps. They read
    changes of a step and a season, the size of values and of changes in units, how much has been
    seen, and of the steps ahead the values of the last two seasons and the season's profile. The
    loss is that of the other members, at every step; missing values are read as missing. Series
    longer than 200 steps, or two seasons, train in pieces. Beyond the horizon the last season that
    was said is repeated, or without one forecasts go on from their medians. `simulate` draws from
    the quantiles by a normal copula, with the correlations of a random walk. Ctrl-C ends such a
    fit, and leaves the forecaster as it was. The rule does not take them by itself, for held-back
    horizons were forecast no better by them than by windows; the guide has the figures.

    **A single regressor.** With :math:`w_1, \ldots, w_T` the values of a window, :math:`T` as
    `window`, the regressor reads

    .. math::

        z_t = (w_t - w_T) / s, \qquad s = \max(\overline{|w_t - w_{t-1}|}, 0.1\,c),

    where :math:`c` is the mean change of the series, and its outputs are
    :math:`(y_{T+j} - w_T) / s`. Of forecasts further ahead the unit is at most 1.5 times that of
    the last window seen, or :math:`1.5 c`, so that they never grow faster than a line. Nothing else
    holds them near the level of the series: far ahead they may run away from it, above all where
    the window is shorter than a season, or a peak and the next lie farther apart.

    That is told. A forecast leaves the range of the values seen where it lies outside by more than
    half the range. A series that rises or falls may go farther in that direction: by three times
    its pace a step ahead, which is the largest mean change a step over a third of its length, and,
    where it lies on one side of 0, by as much as goes on growing as it grew all along. It rises or
    falls where its values have a rank correlation with time of .7 or more; or their moving means
    over a third of its length have one of .9, and change by a quarter of the range; or it has
    turned once, and the correlation is .9 since, for a third of its length or more, and -.9 before.
    One-step errors are worse than those of repeating the last value where the mean of their sizes
    is larger by more than two standard errors of the difference, and that of their squares is
    larger. They are not held against those of a seasonal naive forecast: do that by forecasts of
    values held back.

    **Outliers.** A value is an outlier where it lies outside of what is around it, the medians of
    the three values before it and after it, by more than ten times what all others keep to: the
    largest such distance, or the mean change, without those of two values, or of one in two hundred
    of longer series. It is then read, by members and by a single regressor, as if it lay that far
    outside and no farther, and the range of the series does not count it; the fit says so once. So
    what repeats itself is none, nor are the values after a level has shifted, as it has for four
    or more that lie together; nor is anything in a series that is mostly 0, or of fewer than 10
    values. The last value, and the one before it where both lie together, are read as they are, for
    they may be a new level: where the forecast follows them out of the range that is told. Those
    of an `update` are looked at again with what follows them. What is an error is best set to NaN.

    The default network is trained until 100 steps of its optimiser have not made the validation
    loss better, for 1000 at most; where 10 and 200 epochs are more, for these. The windows that it
    validates on are a tenth drawn at random or, of fewer than 1000, the last fifth of each series.

    It too reads regressors known in advance: they are standardised and stand beside the lags, next
    to each the regressors of the step after it, so that the last has those of the step that is
    predicted. A sequence regressor reads (n, window, 1 + n_features), in single precision, others
    that as a matrix. With them :math:`s` is :math:`c`, for what they add does not depend on how
    calm a window was. They are for `strategy="recursive"`, and those of all steps from the end of
    the series on are needed.

    In the place of missing values stand predictions of them, or, in the first window, the last
    value before: those that would have been forecast, so that with `strategy="direct"` those of a
    gap are predicted together. Windows with missing values are not trained on.

    Its intervals and quantiles are conformal: the first call of one trains the regressor once more
    (by a seed of 0 where it has none), on the beginnings of the series, and takes the errors of its
    forecasts of the rest, in units of `s`: of a quarter of each series, or 24 steps and 100
    forecasts where that is less, up to half. They are pooled over series and, as far as there are
    fewer than 1000, over the steps up to that which they are of; so an interval does not depend on
    how many others are asked for. Beyond what was held back they grow as those of a random walk.
    `simulate` draws errors from those of the training windows, which are smaller; with one window,
    changes between the values, less their mean. Where past forecasts were mostly too low, or too
    high, intervals lie to that side, so that a forecast may lie outside of its own.
    `predict_interval(method="conformal")` looks at each series alone, as it does elsewhere.

    The regressor of a panel depends on all of its series, and so do forecasts of each.

    References
    ----------
    .. [1] S. Ben Taieb, G. Bontempi, A. F. Atiya, A. Sorjamaa, A review and comparison of
       strategies for multi-step ahead time series forecasting, Expert Systems with Applications 39
       (2012).
    .. [2] P. Montero-Manso, R. J. Hyndman, Principles and algorithms for forecasting groups of time
       series: locality and globality, International Journal of Forecasting 37 (2021).
    .. [3] S. Makridakis, E. Spiliotis, V. Assimakopoulos, The M4 Competition: 100,000 time series
       and 61 forecasting methods, International Journal of Forecasting 36 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from tsrnn import RNNForecaster
    >>> model = RNNForecaster(Ridge(1e-6), window=3).fit(np.arange(1.0, 13.0))
    >>> model.predict(3).round(3)
    array([13., 14., 15.])

    Several networks for a horizon of four quarters, on twelve series at once:

    >>> t = np.arange(60)[:, None]
    >>> y = 100.0 + np.arange(12) * t + 20.0 * np.sin(np.pi * t / 2.0)
    >>> model = RNNForecaster(horizon=4, period=4, n_members=2, random_state=0).fit(y)
    >>> model.predict(4).shape, len(model.members_)
    ((4, 12), 2)
    """

    estimator_: Any

    # What training goes on from, during a fit.
    _before: tuple[State, ...] = ()

    def __init__(
        self,
        estimator: Any = "auto",
        window: int | str = "auto",
        *,
        strategy: Strategy = "auto",
        horizon: int | None = None,
        period: int | str = "auto",
        center: Center = "auto",
        units: UnitKind = "auto",
        n_members: int | str = "auto",
        members: str | Sequence[str] = "auto",
        past_covariates: Sequence[Any] | None = None,
        early_stopping: bool = False,
        warm_start: bool = False,
        verbose: bool | AnyInt = False,
        callback: Callable[[TrainingState], Any] | None = None,
        cut_off: float | None = 3.0,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.window = window
        self.strategy = strategy
        self.horizon = horizon
        self.period = period
        self.center = center
        self.units = units
        self.n_members = n_members
        self.members = members
        self.past_covariates = past_covariates
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.verbose = verbose
        self.callback = callback
        self.cut_off = cut_off
        self.random_state = random_state
        self.n_jobs = n_jobs

    @property
    def members_(self) -> tuple[Member, ...] | tuple[WholeMember, ...]:
        """Networks that were trained together.

        Raises
        ------
        AttributeError
            Before there are any, or where a single regressor was trained, which is `estimator_`.
        """
        if "_model" not in vars(self) or not isinstance(
            self._model.state.network, MembersNetwork | WholeNetwork
        ):
            raise AttributeError(
                "there are no members: fit trains them by estimator='auto' with a horizon"
            )
        return self._model.state.network.members

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_windows(self)

    def _seeks_season(self) -> bool:
        return trains_members(self) and super()._seeks_season()

    def _in_season(self, season: Season) -> Self:
        return super()._in_season(season) if trains_members(self) else self

    def reading_columns(self, names: Sequence[str]) -> Self:
        """Return the forecaster that knows past covariates by their positions."""
        places = past_positions(self.past_covariates, names)
        if self.past_covariates is None or tuple(self.past_covariates) == places:
            return self
        new = at_this_moment(self)  # with what it follows, or goes on from
        new.past_covariates = places
        return new

    def _unknown_ahead(self, names: Sequence[Any]) -> frozenset[int]:
        return frozenset(past_positions(self.past_covariates, names))

    def _reads_static(self) -> bool:
        return trains_members(self) and not reads_whole(self)

    def _read_columns(self, n_regressors: int, static: StaticRead | None) -> ReadColumns:
        """Return what members read beside the values."""
        past = past_positions(self.past_covariates, range(n_regressors))
        known = tuple(i for i in range(n_regressors) if i not in past)
        read = None if static is None else static.read
        return ReadColumns(known, past, 0 if read is None else read.shape[1])

    def _attributes_of(self, network: Any) -> dict[str, Any]:
        return {"estimator_": network.estimator} if isinstance(network, WindowNetwork) else {}

    def _too_short(self, batch: Batch, name: Callable[[int], str]) -> dict[int, ValueError]:
        """Return the errors of series that there is nothing to forecast from."""
        if trains_members(self):
            return {}  # whatever precedes a series is put there
        return too_short(batch, window_of(self), steps_together(self), name)

    def going_on_from(self, models: Sequence[PanelModel]) -> Self:
        """Return the forecaster whose training goes on; see `Forecaster.going_on_from`."""
        if not self.warm_start:
            return self
        new = at_this_moment(self)
        new._before = tuple(one.state for one in models if isinstance(one, WindowModel))
        return new

    def _fit(self, X: Any, y: Any) -> None:
        if not (self.warm_start and "_model" in vars(self)):
            super()._fit(X, y)
            return
        self._before = (self._model.state,)
        super()._fit(X, y)
        del self._before

    def _settled(self, values: np.ndarray, grid: TimeGrid) -> Self:
        settled = super()._settled(values, grid)
        if settled is not self and self._before:
            settled._before = self._before
        return settled

    def _fitted(
        self,
        batch: Batch,
        n_jobs: int | None,
        told: Callable[[int, int], Any] | None,
        static: np.ndarray | None = None,
    ) -> tuple[State, np.ndarray, np.ndarray, dict[int, UserWarning]]:
        n_regressors = batch.regressors.shape[1]
        if n_regressors and reads_whole(self):
            raise ValueError(
                "window='all' takes no regressors, which the members on windows read: set "
                "window='auto', leave X out, or put RegressionForecaster around the forecaster"
            )
        if n_regressors and self.horizon is not None and not trains_members(self):
            raise ValueError(
                "strategy='direct' takes no regressors, for it would need those of steps that are "
                "not asked for: set estimator='auto', whose members take them, or "
                "strategy='recursive' and no horizon, leave X out, or put RegressionForecaster "
                "around the forecaster"
            )
        if self.n_jobs is not None:
            n_jobs = self.n_jobs
        if trains_members(self):
            period: Any = self._taken_period()
            horizon: Any = self.horizon
            before = None if reads_whole(self) else self._gone_on_with(period)
            told_of_each = _static_read(static, before)
            columns = self._read_columns(n_regressors, told_of_each)
            rule = Rule(period, int(horizon), wishes_of(self), n_jobs, columns)
            course = Course(bool(self.early_stopping), bool(self.verbose), self.callback, told)
            fitted: Any
            if reads_whole(self):
                fitted = fit_whole(rule, batch, course)
            else:
                network = None if before is None else before.network
                fitted = fit_members(rule, batch, course, network, told_of_each)
        else:
            fitted = fit_windows(self._spec(n_regressors, n_jobs), batch)
        state, *_, notes = fitted
        if has_no_estimator(self) and not state.network.is_naive:
            note = few_note(state.network.n_windows, trains_members(self))
            if note is not None:
                notes.update({i: note for i in range(batch.n_series) if i not in notes})
        return fitted

    def _gone_on_with(self, period: int) -> WindowState | None:
        """Return where the members are that training of series of a period goes on with."""
        if any(isinstance(one, WholeState) for one in self._before):
            raise ValueError(
                "training cannot go on: members were trained with window all, and what is asked "
                f"for now is {self.window}; set warm_start=False to start anew"
            )
        before = trained_for(self._before, period)
        if self._before and before is None:
            raise ValueError(
                f"training cannot go on: members were trained with period "
                f"{periods_of(self._before)}, and that of these series is {period}, by their time "
                "stamps if there are any; give them the stamps that the others had, set period if "
                "it is theirs all the same, or warm_start=False to start anew"
            )
        if isinstance(before, WindowState) and isinstance(before.network, MembersNetwork):
            return before
        return None

    def _spec(self, n_regressors: int, n_jobs: int | None) -> WindowSpec:
        """Return what is to be trained; threads as given where the estimator does not say."""
        is_default = has_no_estimator(self)
        estimator = default_network() if is_default else self.estimator
        estimator = with_seed(estimator, self.random_state)
        if n_jobs is not None and estimator.get_params().get("n_jobs", n_jobs) is None:
            estimator = clone(estimator).set_params(n_jobs=n_jobs)
        return WindowSpec(
            estimator,
            window_of(self),
            steps_together(self),
            get_tags(estimator).input_tags.three_d_array,
            None if n_regressors else self.cut_off,
            is_default,
        )


def _static_read(static: np.ndarray | None, before: WindowState | None) -> StaticRead | None:
    """Read what static columns say as the members that training goes on with, where any does."""
    if static is None:
        return None
    if before is None or (before.static is None and before.units.static is None):
        return StaticRead.learned(static)
    if before.static is None or never_told(before.static, static).any():
        raise ValueError(
            "warm_start goes on with members that know only the categories of static columns that "
            "series of the same period had in the fit before: set warm_start=False to begin anew"
        )
    return StaticRead.by(before.static, static)
