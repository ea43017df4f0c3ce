"""Rules for forecasters on lag windows."""

from __future__ import annotations

from typing import get_args

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import Scaling
from tsrnn.causal.network import CausalNetwork, CausalState
from tsrnn.forecasting.season import Seasons
from tsrnn.saving.checks import fields
from tsrnn.saving.checks.fields import FLOAT, require
from tsrnn.saving.checks.models import check_found
from tsrnn.saving.checks.networks import REGRESSORS
from tsrnn.sequence.elman import ElmanRNNRegressor
from tsrnn.windows.columns import ReadColumns, RegressorScaling
from tsrnn.windows.doubts import Ranges
from tsrnn.windows.errors import PastErrors
from tsrnn.windows.lags import Units
from tsrnn.windows.members import Member, MemberKind, MemberSpec
from tsrnn.windows.model import WindowModel, WindowState
from tsrnn.windows.network import WindowNetwork, WindowSpec
from tsrnn.windows.outliers import UNSETTLED
from tsrnn.windows.readings import Reading
from tsrnn.windows.recent import N_KEPT, Recent
from tsrnn.windows.together import MembersNetwork, MembersSpec
from tsrnn.windows.whole import WholeMember, WholeNetwork, WholeState


def check_units(one: Units) -> None:
    """Check the units of windows."""
    fields.numbers(one.change, "change", None, low=0.0)
    fields.flag(one.is_fixed, "is_fixed")
    if one.seasons is not None:
        seasons = fields.kind(one.seasons, "seasons", Seasons)
        require(len(seasons.factor) == one.change.size, "seasons must be of all series")
    if one.static is not None:
        fields.numbers(one.static, "static", one.change.size, None)


def check_ranges(one: Ranges) -> None:
    """Check the ranges of series."""
    n = fields.array(one.low, "low", FLOAT, None).size
    fields.array(one.high, "high", FLOAT, n)
    require((one.low <= one.high).all(), "ranges must not be empty")
    fields.numbers(one.pace, "pace", n)
    fields.numbers(one.growth, "growth", n, low=0.0)
    fields.numbers(one.zero, "zero", n)


def check_regressor_scaling(one: RegressorScaling) -> None:
    """Check the units of regressors."""
    center = fields.numbers(one.center, "center", None)
    fields.numbers(one.unit, "unit", center.size)
    require((one.unit > 0.0).all(), "unit must be positive")


def check_spec(one: WindowSpec) -> None:
    """Check what is trained."""
    fields.kind(one.estimator, "estimator", BaseEstimator)
    fields.whole(one.window, "window", 2)
    fields.whole(one.n_ahead, "n_ahead", 1)
    fields.flag(one.as_sequences, "as_sequences")
    if one.cut_off is not None:
        require(fields.number(one.cut_off, "cut_off") > 0.0, "cut_off must be positive")
    fields.flag(one.is_default, "is_default")
    if one.is_default:
        fields.kind(one.estimator, "estimator", ElmanRNNRegressor)


def check_network(one: WindowNetwork) -> None:
    """Check a trained regressor."""
    spec = fields.kind(one.spec, "spec", WindowSpec)
    fields.kind(one.estimator, "estimator", BaseEstimator)
    errors = fields.numbers(one.errors, "errors", None, spec.n_ahead)
    require(len(errors), "errors must not be empty")
    fields.number(one.deviation, "deviation", 0.0)
    require(np.isfinite(one.deviation), "deviation must be finite")
    fields.whole(one.n_windows, "n_windows", 1)


def check_reading(one: Reading) -> None:
    """Check how windows are read."""
    fields.choice(one.units, "units", ("ratio", "std"))
    fields.choice(one.center, "center", ("last", "season"))
    fields.whole(one.period, "period", 1)


def check_member_spec(one: MemberSpec) -> None:
    """Check what a member is."""
    fields.choice(one.kind, "kind", get_args(MemberKind))
    for size in fields.tuple_of(one.hidden_sizes, "hidden_sizes", int):
        fields.whole(size, "a hidden size", 1)
    require(bool(one.hidden_sizes) != (one.kind == "ridge"), "networks have hidden layers")
    fields.whole(one.window, "window", 1)
    fields.whole(one.n_ahead, "n_ahead", 1)
    fields.kind(one.reading, "reading", Reading)
    fields.flag(one.is_adjusted, "is_adjusted")
    fields.choice(one.loss, "loss", ("smape", "mase", "owa"))
    fields.whole(one.least, "least", 1)
    fields.whole(one.most_samples, "most_samples", 1)
    fields.whole(one.n_looked_at, "n_looked_at", 1)
    for anchor in fields.tuple_of(one.anchors, "anchors", int):
        fields.whole(anchor, "an anchor", 1)
    require(len(one.anchors) <= 2, "there are at most two anchors")
    require(sum(one.anchors) <= one.window, "anchors must lie within the window")
    fields.whole(one.seed, "seed", 0)
    fields.kind(one.columns, "columns", ReadColumns)


def check_read_columns(one: ReadColumns) -> None:
    """Check which columns are read."""
    every: list[int] = []
    for name in ("known", "past"):
        every += fields.tuple_of(getattr(one, name), name, int)
    for place in every:
        fields.whole(place, "a column", 0)
    require(sorted(every) == list(range(len(every))), "every column must be read once")
    fields.whole(one.n_static, "n_static", 0)


def check_member(one: Member) -> None:
    """Check a trained member."""
    spec = fields.kind(one.spec, "spec", MemberSpec)
    fields.array(one.weights, "weights", np.dtype(np.float32), spec.n_weights)
    require(np.isfinite(one.weights).all(), "weights must be finite")
    fields.whole(one.n_samples, "n_samples", 1)
    losses = fields.kind(one.history, "history", dict).get("loss")
    require(all(isinstance(loss, float) for loss in fields.kind(losses, "losses", list)), "losses")


def check_members_spec(one: MembersSpec) -> None:
    """Check what members are trained together."""
    members = fields.tuple_of(one.members, "members", MemberSpec)
    require(len(members) > 0, "there must be a member")
    require(len({member.n_ahead for member in members}) == 1, "members must look equally far")
    columns = fields.kind(one.columns, "columns", ReadColumns)
    require(all(member.columns == columns for member in members), "members must read alike")
    longest = max(member.window for member in members)
    longest += members[0].n_ahead - 1 if columns.known else 0
    fields.whole(one.window, "window", longest)
    fields.whole(one.period, "period", 1)
    if one.n_jobs is not None:
        fields.kind(one.n_jobs, "n_jobs", int)


def check_members_network(one: MembersNetwork) -> None:
    """Check members that were trained together."""
    spec = fields.kind(one.spec, "spec", MembersSpec)
    members = fields.tuple_of(one.members, "members", Member)
    require([one.spec for one in members] == list(spec.members), "members must be those specified")
    errors = fields.numbers(one.errors, "errors", None, spec.n_ahead)
    require(len(errors), "errors must not be empty")
    fields.number(one.deviation, "deviation", 0.0)
    require(np.isfinite(one.deviation), "deviation must be finite")


def check_past(one: PastErrors) -> None:
    """Check what past errors are computed from."""
    fields.kind(one.spec, "spec", WindowSpec)
    batch = fields.kind(one.batch, "batch", Batch)
    units = fields.kind(one.units, "units", Units)
    require(units.change.size == batch.n_series, "units must be of all series")
    require((batch.lengths > 0).all(), "series must not be empty")
    require(not np.isnan(batch.values[batch.offsets[:-1]]).any(), "series begin with a value")
    for horizon, errors in fields.kind(one._found, "past errors", dict).items():
        fields.whole(horizon, "a horizon", 1)
        fields.observations(errors, "past errors", None, horizon)
        is_known = ~np.isnan(errors)
        require(is_known.any(), "past errors must not all be missing")


def check_state(one: WindowState) -> None:
    """Check networks at the ends of series."""
    network = fields.kind(one.network, "network", WindowNetwork, MembersNetwork)
    window = network.spec.window
    n = fields.numbers(one.values, "values", None, window).shape[0]
    p = fields.kind(one.columns, "columns", RegressorScaling).center.size
    require(fields.kind(one.scaling, "scaling", Scaling).exponent.size == n, "scaling of all")
    units = fields.kind(one.units, "units", Units)
    require(units.change.size == n, "units must be of all series")
    is_fixed = p > 0 and isinstance(network, WindowNetwork)
    require(units.is_fixed == is_fixed, "units are fixed where a regressor reads others")
    fields.array(one.ceilings, "ceilings", FLOAT, n)
    require((one.ceilings >= 0.0).all(), "ceilings must not be negative")
    fields.observations(one.pending, "pending", n, network.spec.n_ahead - 1)
    is_known = ~np.isnan(one.pending)
    require((is_known[:, 1:] <= is_known[:, :-1]).all(), "pending steps follow one another")
    fields.array(one.fences, "fences", FLOAT, n)
    require((one.fences >= 0.0).all(), "fences must not be negative")
    require(fields.kind(one.ranges, "ranges", Ranges).low.size == n, "ranges must be of all series")
    fields.numbers(one.known, "known", n, window, p)
    fields.observations(one.future, "future", n, None, p)
    if isinstance(network, MembersNetwork):
        columns = network.spec.columns
        require(p == columns.n_beside, "members must read all columns")
        n_static = 0 if units.static is None else units.static.shape[1]
        require(n_static == columns.n_static, "members must read all static numbers")
        if one.static is not None:
            scaling = fields.kind(one.static, "static", RegressorScaling)
            n_read = np.count_nonzero(scaling.unit < np.finfo(float).max)
            require(n_read == n_static, "static must be the scaling of what members read")
        require(one.past is None, "members have no past errors")
        return
    past = fields.kind(one.past, "past", PastErrors)
    require(past.batch.regressors.shape[1] == p, "past regressors must be as many as now")
    specs = past.spec, network.spec
    require(past.units.is_fixed == units.is_fixed, "past units must be as now")
    sizes = {(each.window, each.n_ahead, bool(each.as_sequences)) for each in specs}
    require(len(sizes) == 1, "past forecasts must be of the same windows")
    for each in specs:
        check_reads(each.estimator, each, p)
    check_reads(network.estimator, network.spec, p)


def check_reads(estimator: object, spec: WindowSpec, p: int) -> None:
    """Check that a network of ours reads windows, and predicts as many values as are expected.

    What another library made cannot come from a file, but for a constant; whatever it is, it is no
    concern of ours.
    """
    if isinstance(estimator, DummyRegressor) and fields.is_fitted(estimator):
        n_outputs = estimator.constant_.shape[1]
        require(n_outputs == spec.n_ahead, "the constants must be n_ahead values")
    if not isinstance(estimator, REGRESSORS):
        is_constant = type(estimator).__module__.startswith("sklearn.")
        require(is_constant or not type(estimator).__module__.startswith("tsrnn."), "no regressor")
        return
    fields.arguments(estimator)
    require(spec.as_sequences, "networks read sequences")
    if not fields.is_fitted(estimator):
        return
    n_each = estimator.input_center_.size
    require(n_each == 1 + p, f"the network must read {1 + p} features a step")
    n_steps = vars(estimator).get("n_timesteps_", spec.window)
    require(n_steps == spec.window, f"the network must read windows of {spec.window} steps")
    expected = "sequences" if p else "matrix"
    n_features = 1 + p if p else spec.window
    require(estimator._sequence_kind == expected, f"the network must be fitted to a {expected}")
    require(estimator.n_features_in_ == n_features, f"windows have {n_features} features")
    require("feature_names_in_" not in vars(estimator), "windows have no names")
    n_targets = estimator.target_center_.size
    require(n_targets == spec.n_ahead, "the network must predict n_ahead values")
    require(not estimator._target_layout.by_step, "there must be no target for each step")


def check_whole_member(one: WholeMember) -> None:
    """Check a trained member that reads series whole."""
    fields.kind(one.network, "network", CausalNetwork)
    fields.whole(one.seed, "seed", 0)
    fields.whole(one.n_samples, "n_samples", 1)
    losses = fields.kind(one.history, "history", dict).get("loss")
    require(all(isinstance(loss, float) for loss in fields.kind(losses, "losses", list)), "losses")


def check_whole_network(one: WholeNetwork) -> None:
    """Check members that read series whole."""
    members = fields.tuple_of(one.members, "members", WholeMember)
    require(len(members) > 0, "there must be a member")
    alike = {(each.spec.reading, each.spec.levels) for each in members}
    require(len(alike) == 1, "members must read and say alike")
    period = fields.whole(one.period, "period", 1)
    require(period <= members[0].spec.reading.most_period, "the period must not be too long")


def check_recent(one: Recent) -> None:
    """Check the last values of series."""
    fields.array(one.fences, "fences", FLOAT, None)
    require((one.fences >= 0.0).all(), "fences must not be negative")
    n = one.fences.size
    values = fields.observations(one.values, "values", n, N_KEPT)
    is_kept = ~np.isnan(values)
    require((is_kept[:, 1:] >= is_kept[:, :-1]).all(), "values must be the last")
    gaps = fields.array(one.gaps, "gaps", np.dtype(np.int64), n, UNSETTLED)
    require((gaps >= 0).all() and (gaps < 2**31).all(), "gaps must be numbers of steps")
    require(not gaps[~is_kept[:, -UNSETTLED:]].any(), "gaps must come after values")


def check_whole_state(one: WholeState) -> None:
    """Check members at the ends of series that they have read whole."""
    network = fields.kind(one.network, "network", WholeNetwork)
    n = fields.array(one.is_lost, "is_lost", np.dtype(bool), None).size
    for name in ("states", "before"):
        states = fields.tuple_of(getattr(one, name), name, CausalState)
        require(len(states) == len(network.members), "there must be a state of each member")
        for state, member in zip(states, network.members, strict=True):
            require(state.network.spec == member.spec, "states must be of the members")
            require(state.n_series == n, "states must be of all series")
            require((state.reading.periods == network.period).all(), "series must be of the period")
    require(len(fields.kind(one.recent, "recent", Recent).fences) == n, "recent of all series")
    require(fields.kind(one.scaling, "scaling", Scaling).exponent.size == n, "scaling of all")
    require(fields.kind(one.ranges, "ranges", Ranges).low.size == n, "ranges must be of all series")


def check_model(one: WindowModel) -> None:
    """Check a network at the ends of all series but failures."""
    state = fields.kind(one.state, "state", WindowState, WholeState)
    n = fields.whole(one.n_series, "n_series", 1)
    check_found(one, fields.positions(one.series, "series", n, state.n_series))
    if isinstance(state, WindowState) and isinstance(state.network, WindowNetwork):
        require(fields.is_fitted(state.network.estimator), "the network must be trained")


CHECKS = {
    Member: check_member,
    MemberSpec: check_member_spec,
    MembersNetwork: check_members_network,
    MembersSpec: check_members_spec,
    PastErrors: check_past,
    Ranges: check_ranges,
    Reading: check_reading,
    WindowSpec: check_spec,
    ReadColumns: check_read_columns,
    RegressorScaling: check_regressor_scaling,
    Units: check_units,
    WindowModel: check_model,
    WindowNetwork: check_network,
    WindowState: check_state,
    Recent: check_recent,
    WholeMember: check_whole_member,
    WholeNetwork: check_whole_network,
    WholeState: check_whole_state,
}
