"""Types: classes declare what their fits set, and checkers find nothing wrong in users' code."""

import inspect
import re
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from paths import ROOT
from saved_models import FORECASTERS, NETWORKS, fitted, fitted_network, fitted_panel, series
from sklearn.linear_model import Ridge

from tsrnn import PanelForecaster, WindowForecaster, all_estimators
from tsrnn._optim.scipy_minimize import SOLVER_NAMES, SOLVERS
from tsrnn._recurrent import explicit_training
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.foreign_weights import GATES, Cell
from tsrnn.smoothing.arguments import Solver
from tsrnn.smoothing.demand_model import CELLS_OF
from tsrnn.smoothing.demand_model import Variant as DemandVariant
from tsrnn.theta.fit import VARIANTS, VariantName

SCRIPT = ROOT / "tests" / "typing" / "user_script.py"
README = ROOT / "README.md"


def declared(kind):
    """Return the names that a class and its bases declare, by annotations, or have."""
    return {name for one in kind.__mro__ for name in (*inspect.get_annotations(one), *vars(one))}


def undeclared(model):
    return {name for name in vars(model) if name.endswith("_")} - declared(type(model))


@pytest.mark.parametrize("name", FORECASTERS)
def test_forecasters_declare_what_their_fits_set(name):
    assert not undeclared(fitted(name, series("months")))


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_declare_what_their_fits_set(name):
    assert not undeclared(fitted_network(name)[0])


def test_panels_declare_what_their_fits_set():
    assert not undeclared(fitted_panel("regression"))


def test_forecasters_on_lags_declare_what_their_fits_set():
    y = series("months")
    assert not undeclared(WindowForecaster(Ridge(), lags=3).fit(y))
    assert not undeclared(WindowForecaster(Ridge(), lags=3, horizon=2).fit(y))


def test_every_estimator_is_among_those_whose_fits_are_looked_at():
    seen = {type(one) for one in FORECASTERS.values()} | {
        type(one) for one, *_ in NETWORKS.values()
    }
    assert seen | {PanelForecaster, WindowForecaster} == {kind for _, kind in all_estimators()}


def words_of(hint):
    """Return the words among the choices of an annotation, and whether there is nothing else."""
    parts = [hint] if get_origin(hint) is Literal else get_args(hint)
    literals = [one for part in parts if get_origin(part) is Literal for one in get_args(part)]
    is_all = all(get_origin(part) is Literal or part is type(None) for part in parts)
    return [one for one in literals if isinstance(one, str)], is_all


CHOICES = [
    (kind, name, words)
    for _, kind in all_estimators()
    if kind is not PanelForecaster
    for name, hint in get_type_hints(kind.__init__).items()
    for words, is_all in [words_of(hint)]
    if words and is_all
]


@pytest.mark.parametrize(
    ("kind", "name", "words"), CHOICES, ids=[f"{kind.__name__}-{name}" for kind, name, _ in CHOICES]
)
def test_choices_of_an_annotation_are_those_that_the_error_names(kind, name, words):
    model = object.__new__(kind)
    defaults = inspect.signature(kind.__init__).parameters
    for one in kind._get_param_names():
        setattr(model, one, defaults[one].default)
    setattr(model, name, "no such word")
    data = [[1.0, 2.0, 3.0]] * 4
    if kind.__name__ == "TextRNNClassifier":
        data = ["good", "bad"] * 2
    with pytest.raises(InvalidParameterError, match=name) as caught:
        if "Classifier" in kind.__name__ or "Regressor" in kind.__name__:
            model.fit(data, [0.0, 1.0, 0.0, 1.0])
        else:
            model.validate_parameters()
    accepted = str(caught.value).rsplit(", got", 1)[0]
    assert sorted(re.findall(r"'([^']+)'", accepted)) == sorted(words)


@pytest.mark.parametrize(
    ("choices", "known"),
    [
        (Solver, ("auto", "gauss-newton", *SOLVERS)),
        (explicit_training.Solver, ("sgd", "adam", "rmsprop", *SOLVERS, *SOLVER_NAMES)),
        (DemandVariant, tuple(CELLS_OF)),
        (VariantName, tuple(VARIANTS)),
        (Cell, tuple(GATES)),
    ],
    ids=["smoothing", "network", "demand", "theta", "cells"],
)
def test_choices_are_the_keys_of_what_they_choose_from(choices, known):
    assert get_args(choices) == known


def test_mypy_finds_nothing_wrong_in_the_readme_and_in_a_users_script(tmp_path):
    api = pytest.importorskip("mypy.api", reason="mypy is of the extra `types`, for .ci/run")
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)
    (tmp_path / "readme.py").write_text("\n".join(blocks), encoding="utf-8")
    # As users run it: none of our settings, and nothing said of what is installed.
    options = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent"]
    cache = ["--cache-dir", str(tmp_path / "cache")]
    told, errors, status = api.run([*options, *cache, str(tmp_path / "readme.py"), str(SCRIPT)])
    assert (status, errors) == (0, ""), told
