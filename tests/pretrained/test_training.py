"""The script that trains the network which the package ships, in its smallest setting."""

import csv
import importlib
import sys

import numpy as np
import pytest
from paths import ROOT

from tsrnn.exceptions import ModelFormatError
from tsrnn.pretrained.weights import of_bytes

SMALL = "--series 96 --round 32 --batch 16 --hidden 3 --horizon 2 --pattern 2".split()
NAMES = ("held_back", "mixture", "train", "export")


@pytest.fixture(scope="module")
def scripts():
    """The modules of `pretraining/`, by their names."""
    before = list(sys.path)
    sys.path.insert(0, str(ROOT / "pretraining"))
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path[:] = before
    for name in NAMES:
        del sys.modules[name]


@pytest.fixture(scope="module")
def trained(scripts, tmp_path_factory):
    """The folder of a training that has come to its end, and its last state."""
    folder = tmp_path_factory.mktemp("trained")
    return folder, scripts["train"].main([str(folder), *SMALL])


def test_training_broken_off_and_gone_on_comes_to_the_same_bits(scripts, trained, tmp_path):
    _, whole = trained
    for _ in range(3):
        course = scripts["train"].main([str(tmp_path), *SMALL, "--stop-after", "1"])
    assert course.n_rounds == whole.n_rounds == 3
    assert np.array_equal(course.theta, whole.theta)
    assert np.array_equal(course.average.theta, whole.average.theta)


def test_a_seed_of_its_own_comes_to_other_weights(scripts, trained, tmp_path):
    other = scripts["train"].main([str(tmp_path), *SMALL, "--seed", "1"])
    assert not np.array_equal(other.theta, trained[1].theta)


def test_a_checkpoint_is_not_gone_on_with_by_other_options(scripts, trained):
    folder, _ = trained
    with pytest.raises(ValueError, match="give another folder"):
        scripts["train"].main([str(folder), *SMALL, "--rate", "0.1"])


def test_a_round_is_the_same_whatever_was_asked_before(scripts):
    mixture = scripts["mixture"].Mixture(0, 64, 4)
    first, again = mixture.round(3), (mixture.round(0), mixture.round(3))[1]
    assert np.array_equal(first.values, again.values, equal_nan=True)
    assert np.array_equal(first.stops, again.stops)
    assert not np.array_equal(first.stops, mixture.round(4).stops)


def test_scores_are_logged_by_set_and_slopes_tell_bold_forecasts(scripts, trained, tmp_path):
    held_back, folder, course = scripts["held_back"], *trained
    spec = scripts["train"].spec_of(scripts["train"].read_options([str(folder), *SMALL]))
    # Of lines, whatever the network says: forecasts of the last value are as wrong as can be told.
    lines = [np.arange(1.0, n) for n in (20, 30)]
    held = held_back.HeldBack(
        lines, np.array([[20.0, 21.0], [30.0, 31.0]]), np.ones(2), 1, "yearly"
    )
    scripts["train"].report(course, spec, {"lines": held}, tmp_path)
    with (tmp_path / "log.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["set"] == "lines" and int(row["step"]) == course.n_steps == 6
    assert all(np.isfinite(float(row[name])) for name in ("mase", "smape", "wql", "slope"))


def test_exported_weights_are_those_of_the_checkpoint_and_tell_how_they_were_made(
    scripts, trained, tmp_path
):
    folder, course = trained
    path = tmp_path / "small.weights"
    scripts["export"].main([str(folder), "--command", "train.py small", "--output", str(path)])
    network, card = of_bytes(path.read_bytes())
    # Half precision has eleven bits.
    np.testing.assert_allclose(network.weights, course.average.theta, rtol=2.0**-11, atol=1e-7)
    assert card["command"] == "train.py small" and card["series"] == 96 and card["seed"] == 0
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    with pytest.raises(ModelFormatError, match="damaged"):
        of_bytes(bytes(damaged))
    with pytest.raises(ModelFormatError, match="not a file"):
        of_bytes(b"something else")
