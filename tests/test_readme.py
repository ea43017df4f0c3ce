"""The README's Python runs as it stands, from top to bottom, and says what is so."""

import contextlib
import re
import shlex
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from paths import ROOT

from tsrnn.cli import main
from tsrnn.datasets import load_co2

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"^tsrnn (forecast .*)$", TEXT, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def names():
    """What the blocks define, run one after the other as a reader would."""
    assert BLOCKS
    names = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for block in BLOCKS:
            exec(compile(block, str(README), "exec"), names)
        assert {path.name for path in Path().iterdir()} == {"critic.tsrnn"}
    return names


def test_the_forecast_is_that_of_the_months_ahead(names):
    forecast = names["model"].predict(12)
    # The series ends in December 2001, and the README's update adds January.
    assert f"{forecast.index[0]:%Y-%m}" == "2002-02"


def test_the_network_is_the_fitted_model(names):
    model, network, co2 = names["model"], names["network"], names["co2"]
    # Both do the same arithmetic on numbers around 350, in another order and scale.
    np.testing.assert_allclose(network.run(co2)[:-1, 0], model.fitted_values_[1:], rtol=1e-11)


def test_columns_of_panels_are_those_in_the_comments(names):
    panel, df = names["panel"], names["df"]
    for method in ("auto", "conformal"):
        columns = [*panel.predict(6, level=[80, 95], method=method)]
        assert columns[:4] == ["unique_id", "ds", "holt", "holt-lo-80"]
    past = panel.cross_validation(df, h=6, n_windows=3)
    assert [*past] == ["unique_id", "ds", "cutoff", "y", "holt"]
    assert len(past) == 200 * 6 * 3
    assert panel.failures_.empty


def test_what_was_to_be_learned_is_learned(names):
    X, y = names["X"][200:], names["y"][200:]
    assert names["classifier"].score(X, y) > 0.9
    assert list(names["critic"].predict(["fine", "dull"])) == [1, 0]


def test_the_pythons_that_are_tested_are_those_that_the_package_names():
    """From the classifiers `.ci/run` takes the newest and the oldest Python."""
    project = tomllib.loads((README.parent / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert f"tested: {named[0]} to {named[-1]}" in TEXT
    assert project["requires-python"] == f">={named[0]}"
    page = (README.parent / "docs" / "install.rst").read_text(encoding="utf-8")
    assert f"tested on Python {named[0]} to {named[-1]}" in page


def test_there_are_commands():
    assert COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_do_what_they_say(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    co2 = load_co2().rename_axis("month").rename("sales")["1980":].reset_index()
    co2.to_csv("sales.csv", index=False)
    shops = [co2.assign(shop=shop) for shop in ("Berlin", "Paris")]
    pd.concat(shops).to_csv("shops.csv", index=False)
    assert main(shlex.split(command)) == 0
    written = {path.name for path in tmp_path.iterdir()} - {"sales.csv", "shops.csv"}
    assert written == set(re.findall(r"--(?:plot|output) (\S+)", command))
    assert "--output" in command or capsys.readouterr().out.count("\n") == 13


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_links_into_the_repository_lead_somewhere(target):
    assert (README.parent / target).exists()
