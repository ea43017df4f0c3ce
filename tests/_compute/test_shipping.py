"""Code that comes with a wheel: of every kernel, for every level, taken where it fits."""

import os
import subprocess
import sys

import pytest
from paths import ROOT

from tsrnn._compute import code_cache, machine_code, shipping
from tsrnn._compute import processor as processor_module
from tsrnn._compute.processor import LEVELS, processor, shipped_level
from tsrnn._compute.shipping import every_kernel, load, ship
from tsrnn.cells import CELLS, NETWORK_CELLS
from tsrnn.cli import main

# Fits, forecasts and updates of all kinds, where nothing may be compiled.
ALL_KINDS = """
import sys, warnings
from pathlib import Path
import numpy as np
import pandas as pd
from tsrnn._compute import code_cache, machine_code
from tsrnn._compute import processor as processor_module

def refuse(code):
    raise AssertionError(f"{code.function.__qualname__} is compiled at first use")

machine_code._compiled = refuse
code_cache.SHIPPED = Path(sys.argv[1])
warnings.simplefilter("ignore")

import tsrnn
from sklearn.linear_model import Ridge
from tsrnn.sequence.base import SequenceEstimator

rng = np.random.default_rng(0)
y = 50.0 + np.cumsum(rng.normal(size=60))
frame = pd.DataFrame(
    {"unique_id": np.repeat(["a", "b"], 60), "ds": np.tile(np.arange(60), 2) + 1, "y": np.r_[y, y]}
)
X, texts = rng.normal(size=(40, 5, 2)), ["a good film", "a bad film"] * 20
labels = np.arange(40) % 2
forecasters = {
    "DeseasonalizedForecaster": [{"forecaster": tsrnn.SimpleExpSmoothingRNN(), "period": 4}],
    "TransformedForecaster": [{"forecaster": tsrnn.SimpleExpSmoothingRNN()}],
    "TripleExpSmoothingRNN": [{"period": 4}, {"period": 4, "seasonal": "mul"}],
    "DoubleExpSmoothingRNN": [{}] + [
        {"solver": solver} for solver in ("L-BFGS-B", "SLSQP", "Nelder-Mead")
    ] + [{"loss": "huber"}, {"loss": "absolute_error"}, {"prior": "cautious"}],
    "RNNForecaster": [
        {"window": 4, "estimator": estimator(solver="adam", max_iter=2)}
        for estimator in (tsrnn.ElmanRNNRegressor, tsrnn.GRURegressor, tsrnn.LSTMRegressor)
    ],
    # Not its forests, which are long in the making, and none of our code.
    "WindowForecaster": [{"estimator": Ridge(), "lags": 4}],
}
done = []
for name, kind in tsrnn.all_estimators():
    done.append(name)
    if name == "PanelForecaster":
        continue
    if name == "TextRNNClassifier":
        kind().fit(texts, labels).predict(texts)
    elif issubclass(kind, SequenceEstimator):
        for solver in ("adam", "rmsprop", "sgd", "lbfgs"):
            for dtype in ("f4", "f8"):
                target = labels if "Classifier" in name else X[:, :, 0].sum(axis=1)
                kind(solver=solver, max_iter=2).fit(X.astype(dtype), target).predict(X)
    else:
        for options in forecasters.get(name, [{}]):
            model = kind(**options).fit(y)
            model.predict(3), model.predict_interval(3), model.simulate(3, n_paths=2)
            model.update(y[:2])
            panel = tsrnn.PanelForecaster(kind(**options)).fit(frame)
            panel.predict(2, level=[80]), panel.update(frame.assign(ds=frame["ds"] + 60))
tsrnn.DoubleExpSmoothingRNN().fit(y).to_rnn().run(y[:5, None])
print(*done)
"""


def test_every_kernel_and_step_is_found():
    names = {one.function.__name__ for one in every_kernel()}
    assert {"minimize_lanes", "_profiled_starts", "forward_layer", "backward_layer"} <= names
    found = set(map(id, every_kernel()))
    for make in CELLS.values():
        cell = make()
        assert {id(cell.step), id(cell.adjoint), id(cell.tangent)} <= found
    for cell in NETWORK_CELLS.values():
        assert {id(one) for own in (cell.step, cell.adjoint) for one in own.values()} <= found


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A folder as a wheel has it, of code for this very machine."""
    if shipped_level() is None:
        pytest.skip("code is compiled for another processor than this machine's")
    folder = tmp_path_factory.mktemp("shipped")
    for one in every_kernel():
        name = machine_code.name_of_shipped(one, shipped_level())
        code_cache.write(name, machine_code.object_file(one), folder)
    return folder


def test_nothing_is_compiled_at_first_use_where_code_was_shipped(shipped, tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", ALL_KINDS, str(shipped)],
        env={**os.environ, "TSRNN_CACHE_DIR": str(tmp_path / "empty")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.split()) >= 12
    assert not (tmp_path / "empty").exists()


def test_shipped_code_is_taken_before_the_cache_and_is_no_file_of_it(shipped, monkeypatch):
    monkeypatch.setattr(code_cache, "SHIPPED", shipped)
    monkeypatch.setattr(code_cache, "folder", lambda: pytest.fail("the cache was looked at"))
    assert all(map(machine_code.has_code, every_kernel()))
    monkeypatch.setattr(machine_code, "_compiled", lambda code: pytest.fail("compiled"))
    for one in every_kernel()[:3]:
        assert not load(one)


def test_damaged_shipped_code_is_not_taken(shipped, monkeypatch, tmp_path):
    one = every_kernel()[0]
    name = machine_code.name_of_shipped(one, shipped_level())
    damaged = (shipped / f"{name}.code").read_bytes()[:-1]
    (tmp_path / f"{name}.code").write_bytes(damaged)
    monkeypatch.setattr(code_cache, "SHIPPED", tmp_path)
    monkeypatch.setenv("TSRNN_CACHE_DIR", str(tmp_path / "empty"))
    assert not machine_code.has_code(one)


V2, V3, V4 = (LEVELS.get(level, ()) for level in ("x86-64-v2", "x86-64-v3", "x86-64-v4"))


@pytest.mark.skipif("x86-64-v3" not in LEVELS, reason="levels are of x86-64")
@pytest.mark.parametrize(
    ("features", "level"),
    [
        ((), None),
        (V2, "x86-64-v2"),
        (V2 + V3, "x86-64-v3"),
        (V2 + V3 + V4, "x86-64-v4"),
        (V3 + V4, None),
        # Registers as wide as those of the highest level, whose instructions it lacks: the layout
        # of its panels is not what code of a lower level expects.
        ((*V2, *V3, "avx512f"), None),
    ],
)
def test_a_machine_takes_the_code_of_its_own_level(monkeypatch, features, level):
    monkeypatch.setattr(processor_module, "_host_features", lambda: dict.fromkeys(features, True))
    assert shipped_level.__wrapped__() == level


@pytest.mark.parametrize("setting", ["NUMBA_CPU_NAME", "NUMBA_OPT", "NUMBA_BOUNDSCHECK"])
def test_who_sets_how_numba_compiles_gets_code_so_compiled(monkeypatch, setting):
    monkeypatch.setenv(setting, "1")
    assert shipped_level.__wrapped__() is None


def test_code_of_a_level_is_made_for_that_and_for_nothing_else(tmp_path):
    with pytest.raises(ValueError, match=f"not for {next(iter(LEVELS))}"):
        ship(next(iter(LEVELS)), tmp_path)
    assert processor().features


def test_shares_of_a_level_are_all_of_it_and_nothing_in_the_cache_is_compiled_again(
    shipped, monkeypatch, tmp_path
):
    """The cache has all kernels for this machine, which is said to be of the highest level."""
    level = next(iter(LEVELS))
    monkeypatch.setattr(shipping, "processor", lambda: (level, ""))
    monkeypatch.setattr(machine_code, "_compiled", lambda code: pytest.fail("compiled"))
    for share in range(2):
        ship(level, tmp_path, share, 2)
    names = {f"{machine_code.name_of_shipped(one, level)}.code" for one in every_kernel()}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_warming_up_tells_what_there_was_to_do(capsys):
    """The tests before have compiled all."""
    for one in every_kernel():
        one.load()
    assert main(["warm-up"]) == 0
    n = len(every_kernel())
    assert capsys.readouterr().out == f"{n} kernels, {n} compiled before\n"


@pytest.mark.parametrize("name", ["generic", "haswell"])
def test_vectors_are_right_on_other_processors(name):
    """Lanes of AVX2, and of neither that nor AVX-512."""
    tests = ROOT / "tests" / "_compute" / "test_simd.py"
    # A run of its own, which compiles what it needs, and no share of all that there is.
    settings = {key: one for key, one in os.environ.items() if "XDIST" not in key}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)],
        env={**settings, "NUMBA_CPU_NAME": name},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
