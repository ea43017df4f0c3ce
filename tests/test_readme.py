"""The README's Python runs as it stands, from top to bottom, and says what is so."""

import re
from pathlib import Path

import numpy as np
import pytest

from tsrnn import DoubleExpSmoothingRNN

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def names():
    """What the blocks define, run one after the other as a reader would."""
    assert BLOCKS
    names = {}
    for block in BLOCKS:
        exec(compile(block, str(README), "exec"), names)
    return names


def test_the_forecast_is_that_of_the_months_ahead(names):
    forecast = names["model"].predict(12)
    # The series ends in December 2001, and the README's update adds January.
    assert f"{forecast.index[0]:%Y-%m}" == "2002-02"


def test_the_network_is_the_fitted_model(names):
    model, network, co2 = names["model"], names["network"], names["co2"]
    # Both do the same arithmetic on numbers around 350, in another order and scale.
    np.testing.assert_allclose(network.run(co2)[:-1, 0], model.fitted_values_[1:], rtol=1e-11)


def test_the_matrices_written_by_hand_are_holts(names):
    values = [10.0, 12.0, 11.0, 14.0, 13.0, 15.0]
    model = DoubleExpSmoothingRNN(alpha=0.5, beta=0.2, initial_state=(9.0, 1.0)).fit(values)
    np.testing.assert_allclose(names["holt"].run(values)[:-1, 0], model.fitted_values_[1:])


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_links_into_the_repository_lead_somewhere(target):
    assert (README.parent / target).exists()
