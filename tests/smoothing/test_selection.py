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


@pytest.mark.parametrize("period", [7, 12])
def test_beside_more_steps_than_quarters_trends_are_damped_unless_told_otherwise(period):
    labels = [one.label for one in usual_structures(period)]
    assert labels == [
        *("ANN", "AAdN", "MNN", "MAdN"),
        *("ANA", "AAdA", "MNA", "MAdA"),
        *("MNM", "MAdM"),
    ]


def test_seasons_of_more_steps_than_months_are_additive_unless_told_otherwise():
    assert not any(one.seasonal == "mul" for one in usual_structures(13))
    assert len(usual_structures(24)) == 8


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
