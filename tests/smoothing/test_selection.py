"""What automatic selection chooses from, and by what it is held back."""

import numpy as np
import pytest

from tsrnn import AutoExpSmoothingRNN
from tsrnn.exceptions import InvalidParameterError
from tsrnn.priors import PRIORS
from tsrnn.smoothing.selection import all_structures, usual_structures

Y = 50.0 + np.arange(32) + np.tile([3.0, -2.0, 4.0, -5.0], 8)
Y += np.random.default_rng(0).normal(size=32)


def test_there_are_eighteen_structures_with_a_season_and_six_without():
    assert len({one.label for one in all_structures(4)}) == 18
    assert len({one.label for one in all_structures(1)}) == 6


def test_unless_told_otherwise_additive_errors_have_no_multiplicative_season():
    assert len(usual_structures(1)) == 6
    labels = [one.label for one in usual_structures(4)]
    assert len(labels) == 15
    assert not {"ANM", "AAM", "AAdM"} & set(labels)
    assert list(AutoExpSmoothingRNN(period=4).fit(Y).selection_.index) == labels


def test_beside_long_seasons_trends_are_damped_and_seasons_additive_unless_told_otherwise():
    assert len(usual_structures(12)) == 15
    labels = [one.label for one in usual_structures(13)]
    assert labels == ["ANN", "AAdN", "MNN", "MAdN", "ANA", "AAdA", "MNA", "MAdA"]


def test_beside_twelve_steps_a_trend_without_damping_must_be_better_by_four():
    """Between three and five of the AIC apart, it is the default that turns the choice round."""
    turned = 0
    for seed in range(12):
        steps = np.random.default_rng(seed).normal(size=60)
        y = 100.0 + np.cumsum(0.8 + steps) + np.tile(np.arange(12.0), 5)
        model = AutoExpSmoothingRNN(period=12).fit(y)
        aic = model.selection_["aic"]
        is_undamped = aic.index.str[1:-1] == "A"
        lead = aic[~is_undamped].min() - aic[is_undamped].min()
        assert model.model_ == aic[is_undamped if lead > 4.0 else ~is_undamped].idxmin()
        named = AutoExpSmoothingRNN(period=12, models=list(aic.index)).fit(y)
        assert named.model_ == aic.idxmin()
        turned += named.model_ != model.model_
    assert turned


@pytest.mark.parametrize("criterion", ["aic", "aicc", "bic"])
def test_the_selected_structure_has_the_lowest_sum_of_criterion_and_penalty(criterion):
    steps = np.random.default_rng(3).normal(size=(60, 2))
    y = 100.0 + np.cumsum(0.8 + steps, axis=0) + np.tile(np.arange(12.0), 5)[:, None]
    model = AutoExpSmoothingRNN(period=12, criterion=criterion).fit(y)
    for i, label in enumerate(model.model_):
        table = model.selection_.loc[i]
        assert (table[criterion] + table["penalty"]).idxmin() == label
        is_undamped = table.index.str[1:-1] == "A"
        assert table["penalty"].tolist() == (4.0 * is_undamped).tolist()


def test_without_a_penalty_there_is_no_column_of_it():
    y = Y[:30]
    for period, criterion, models in ((4, "aic", None), (7, "backtest", None), (7, "aic", ["AAN"])):
        model = AutoExpSmoothingRNN(period=period, criterion=criterion, models=models).fit(y)
        assert "penalty" not in model.selection_


def test_any_structure_can_be_asked_for():
    model = AutoExpSmoothingRNN(period=4, models=["MAN", "AAM", "MAN"]).fit(Y)
    assert list(model.selection_.index) == ["MAN", "AAM"]
    assert model.model_ == "AAM"


@pytest.mark.parametrize(("period", "label"), [(1, "ANA"), (4, "AMN"), (4, "ana"), (4, 3)])
def test_an_unknown_structure_is_refused_with_those_there_are(period, label):
    model = AutoExpSmoothingRNN(period=period, models=["ANN", label])
    with pytest.raises(InvalidParameterError, match=f"^models holds {label!r}: .*ANN, AAN"):
        model.fit(Y)


def test_selection_is_cautious_unless_told_otherwise():
    by_default = AutoExpSmoothingRNN(period=4).fit(Y)
    message = AutoExpSmoothingRNN(period=4, prior=PRIORS["cautious"]).fit(Y)
    np.testing.assert_array_equal(by_default.predict(4), message.predict(4))
    free = AutoExpSmoothingRNN(period=4, prior=None, models=[by_default.model_]).fit(Y)
    assert by_default.beta_ <= free.beta_ + 1e-6  # a rate of beta alone can but lower it; rounding
