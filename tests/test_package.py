"""The package as a whole: what importing it costs, which way its imports point, its examples."""

import ast
import doctest
import importlib
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter

import matplotlib.pyplot as plt
import pytest
from paths import PACKAGE, ROOT

import tsrnn

LEAVES = {
    "exceptions",
    "_batch",
    "_scaling",
    "_series",
    "_threads",
    "_rows",
    "_stamps",
    "_time_advice",
    "_timeindex",
    "_season_length",
    "_timesteps",
    "_validation",
}
CORE = {"_compile", "_cell", "_scan", "_linear_scan", "_profile", "_curvature"}
FITTING = {"_heads", "_optimize", "_gauss_newton", "_starts", "_structure"}
SMOOTHER = {
    "_smoother",
    "_smoother_batch",
    "_smoother_joint",
    "_smoother_lanes",
    "_smoother_problem",
    "_smoother_robust",
}
SMOOTHING = {
    "_smoothing_arguments",
    "_smoothing_model",
    "_smoothing_network",
    "_smoothing_panel",
}
MODELS = {
    "auto",
    "network",
    "naive",
    "deseasonalize",
    "forecaster",
    "gaps",
    "intervals",
    "priors",
    "sequence",
    "smoothing",
    "panel",
    "text",
    "windows",
}
PANEL = {
    "_panel_dial",
    "_panel_differ",
    "_panel_fill",
    "_panel_frame",
    "_panel_labels",
    "_panel_model",
    "_panel_report",
    "_panel_seasons",
    "_panel_state",
    "_panel_time",
    "_panel_windows",
}
SEQUENCE = {
    "_foreign_weights",
    "_sequence_arguments",
    "_sequence_base",
    "_sequence_docs",
    "_sequence_fit",
    "_sequence_methods",
    "_sequence_weights",
    "_sequences",
}
TOOLS = {"metrics", "datasets", "plotting"}

# What each module may import of the package, from the bottom to the top. A name stands for a
# module or for a whole subpackage; "tsrnn" is the package's __init__.
ALLOWED = {
    "exceptions": set(),
    "_series": {"exceptions"},
    "_batch": set(),
    "_scaling": {"_batch"},
    "_threads": set(),
    "_season_length": set(),
    "_rows": {"_series", "_timeindex"},
    "_stamps": set(),
    "_time_advice": {"_stamps", "exceptions"},
    "_timeindex": {"_season_length", "_stamps", "_time_advice", "_timesteps", "exceptions"},
    "_timesteps": {"_season_length", "_stamps", "_time_advice", "exceptions"},
    "_validation": {"exceptions"},
    "_code_cache": {"_files"},
    "_compile": {"_code_cache", "_threads", "_version"},
    "_vector_sizes": set(),
    "_vector_ir": set(),
    "_vector_code": {"_compile", "_vector_ir", "_vector_sizes"},
    "_simd": {"_compile", "_vector_code"},
    "_network_cell": {"_cell", "_compile"},
    "_cell": {"_compile"} | LEAVES,
    "_scan": {"_compile", "_cell"} | LEAVES,
    "_linear_scan": {"_compile", "_cell", "_scan"} | LEAVES,
    "_profile": {"_compile", "_cell", "_scan", "_linear_scan"} | LEAVES,
    "_curvature": {"_compile"},
    "_gauss_newton": CORE,
    "_starts": CORE,
    "_structure": {"cells", "_cell"},
    # Heads and optimisers work on arrays and know no cell.
    "_heads": LEAVES,
    "_optimize": LEAVES,
    "_minibatch": {"_compile"},
    "_nested": {"_ragged"},
    "_sequences": {"_nested", "_ragged"},
    "_training_watch": {"_minibatch"} | LEAVES,
    "_training": {"_minibatch", "_optimize", "_training_watch"} | LEAVES,
    "cells": {"_network_cell", "_simd"} | CORE | LEAVES,
    "_foreign_weights": LEAVES,
    # Layers of cells at work on many sequences.
    "_recurrent": {"cells", "_network_cell", "_ragged", "_sequences", "_simd", "_vector_sizes"}
    | CORE
    | LEAVES,
    "network": {"cells", "_recurrent", "_sequences"} | CORE | FITTING | LEAVES,
    "_smoother_lanes": CORE | FITTING | LEAVES,
    "_smoother_problem": {"_smoother_lanes"} | CORE | FITTING | LEAVES,
    "_smoother_robust": {"_smoother_problem", "_starts"} | CORE | FITTING | LEAVES,
    "_smoother_joint": {"_smoother_problem", "_smoother_lanes"} | CORE | FITTING | LEAVES,
    "_smoother": SMOOTHER - {"_smoother", "_smoother_batch"} | CORE | FITTING | LEAVES,
    "_smoother_batch": {"intervals", "_smoother_lanes"} | CORE | FITTING | LEAVES,
    "priors": LEAVES,
    "_smoothing_model": SMOOTHER | {"intervals"} | CORE | FITTING | LEAVES,
    "_smoothing_panel": SMOOTHER | {"_smoothing_model", "_panel_model", "_structure"} | LEAVES,
    "_smoothing_network": {"intervals", "network", "forecaster"},
    "_selection": SMOOTHER | {"_batch", "_smoothing_arguments", "_smoothing_model", "_structure"},
    "_auto_fit": SMOOTHER | SMOOTHING | {"_selection", "_structure", "_panel_model"} | LEAVES,
    "auto": {"_auto_fit", "_selection", "_panel_model", "_structure", "priors", "network"}
    | {"_smoother_problem", "_summary", "forecaster"}
    | SMOOTHING
    | LEAVES,
    "_smoothing_arguments": SMOOTHER | {"_smoothing_model", "priors"} | FITTING | LEAVES,
    "intervals": {"cells"} | CORE | LEAVES,
    "_fitted_model": set(),
    "_panel_model": {"_fitted_model", "intervals"} | LEAVES,
    "forecaster": {"_conformal", "_fitted_model", "_panel_model", "network", "intervals", "cells"}
    | CORE
    | LEAVES,
    "naive": {"forecaster", "intervals"} | LEAVES,
    "_deseasonalized_panel": {"_panel_model", "_ragged"},
    "deseasonalize": {"forecaster", "_deseasonalized_panel", "_fitted_model", "_panel_model"}
    | LEAVES,
    "_summary": {"forecaster"} | LEAVES,
    # A sequence estimator knows nothing of forecasters; a forecaster takes any regressor.
    "_holt_start": {"_recurrent", "_sequences", "cells"} | CORE | FITTING | LEAVES,
    "_lag_windows": {"_batch"},
    "_window_network": {"_lag_windows"} | LEAVES,
    "_window_errors": {"_lag_windows", "_ragged", "_window_network"} | LEAVES,
    "_window_model": {"_lag_windows", "_ragged", "_window_errors", "_window_network"} | LEAVES,
    "_window_summary": {"_summary", "forecaster"},
    "windows": {"forecaster", "sequence", "_panel_model", "_ragged", "_window_summary"}
    | {"_window_model", "_window_network"}
    | LEAVES,
    "smoothing": {"forecaster", "network", "priors", "_panel_model", "_structure", "_summary"}
    | SMOOTHING
    | LEAVES,
    "_sequence_docs": set(),
    "_sequence_arguments": {"_minibatch", "_recurrent", "_sequences", "_training_watch"} | LEAVES,
    "_sequence_fit": {"_ragged", "_recurrent", "_sequences", "_training_watch"},
    "_sequence_weights": {"_recurrent", "network"},
    "_sequence_methods": SEQUENCE - {"_sequence_base", "_sequence_methods"} | {"network"},
    "_sequence_base": SEQUENCE - {"_sequence_base"}
    | {"_recurrent", "_training", "_training_watch"}
    | LEAVES,
    "_sequence_regressor": SEQUENCE | {"_holt_start"} | FITTING | LEAVES,
    "_sequence_classifier": SEQUENCE | {"_recurrent"} | FITTING | LEAVES,
    "sequence": SEQUENCE | {"_sequence_regressor", "_sequence_classifier"} | LEAVES,
    "_text_objective": {"_recurrent", "_sequence_fit"},
    "_text_reading": {"_ragged", "_sequences"} | LEAVES,
    "_text_weights": {"_foreign_weights"},
    "_vocabulary": LEAVES,
    "text": SEQUENCE
    | {"_recurrent", "_sequence_classifier", "_training", "_vocabulary"}
    | {"_text_objective", "_text_reading", "_text_weights"}
    | LEAVES,
    # They take arrays, or estimators by their public methods.
    "metrics": {"_stamps"},
    "_files": set(),
    "_download": {"_files"},
    "_competition_data": {"_download"},
    "_competitions": {"_competition_data", "_download", "_files"},
    "_imdb": {"_download", "_files"},
    "datasets": {"_competitions", "_imdb"},
    "plotting": set(),
    "_ragged": set(),
    "_conformal": set(),
    "_panel_columns": set(),
    "_panel_steps": LEAVES,
    "_panel_dial": {"_panel_steps"},
    "_panel_fit": {"_panel_dial", "_panel_steps", "_ragged"} | LEAVES,
    "_panel_time": {"_panel_dial", "_panel_fit", "_panel_steps", "_ragged"} | LEAVES,
    "_panel_anchor": {"_panel_dial", "_panel_fit", "_panel_steps"} | LEAVES,
    "_panel_guess": {"_panel_anchor", "_panel_dial", "_panel_fit", "_panel_steps", "_panel_time"}
    | {"_ragged"},
    "_panel_differ": {"_panel_anchor", "_panel_dial", "_panel_fit", "_panel_guess", "_panel_time"},
    "_panel_labels": {"_panel_anchor", "_panel_dial", "_panel_fit", "_panel_frame", "_panel_steps"}
    | {"_ragged"}
    | LEAVES,
    "_panel_fill": {"_panel_anchor", "_panel_frame", "_panel_guess", "_panel_labels"}
    | {"_panel_time", "_ragged"}
    | LEAVES,
    "_panel_cells": {"_panel_columns", "_panel_frame", "_panel_labels", "_panel_report", "_ragged"},
    "gaps": {"_panel_cells", "_panel_fill", "_panel_frame", "_panel_labels", "_panel_report"}
    | LEAVES,
    "_panel_frame": {"_panel_columns", "_panel_dial", "_ragged"},
    "_panel_report": {"_panel_dial", "_panel_frame"} | LEAVES,
    "_panel_windows": {"_conformal", "_panel_frame", "_panel_model", "_ragged"},
    "_panel_seasons": {"_panel_frame", "_panel_model", "_ragged", "forecaster"} | LEAVES,
    "_panel_state": PANEL - {"_panel_seasons", "_panel_state", "_panel_windows", "panel"}
    | {"_panel_steps", "_ragged"},
    "panel": PANEL | {"_ragged", "forecaster"} | LEAVES,
    "_version": set(),
    "_saved_values": {"exceptions"},
    "_saved_pandas": {"_saved_values"},
    # Whatever a model may be, or be made of.
    "_saved_classes": {"_deseasonalized_panel", "_panel_steps", "_recurrent", "_structure"}
    | {"_lag_windows", "_window_errors", "_window_model", "_window_network", "windows"}
    | {"_sequences"}
    | MODELS
    | PANEL
    | SMOOTHER
    | SMOOTHING
    | LEAVES,
    "_saved_older": {"_panel_state", "_smoother_batch"} | MODELS,
    # What these must be, beside each other.
    "_checks": {"_deseasonalized_panel", "_lag_windows", "_panel_steps", "_recurrent"}
    | {"_sequence_arguments", "_sequences", "_structure", "_heads", "cells"}
    | {"_window_errors", "_window_model", "_window_network"}
    | MODELS
    | PANEL
    | SMOOTHER
    | SMOOTHING
    | LEAVES,
    "saving": {"_checks", "_files", "_version"}
    | {"_saved_classes", "_saved_older", "_saved_pandas", "_saved_values"}
    | LEAVES,
    "tsrnn": MODELS | TOOLS | {"exceptions", "cells", "saving", "_version"},
    "_csv_errors": set(),
    "_csv_table": {"_csv_errors"},
    "_csv_numbers": {"_csv_errors", "_csv_table"},
    "_csv_dates": {"_csv_errors", "_csv_table", "_panel_time", "_timesteps"},
    "_csv_numbered": {"_csv_dates", "_csv_errors", "_stamps"},
    "_csv": {"_csv_dates", "_csv_errors", "_csv_numbered", "_csv_numbers", "_csv_table"},
    "_csv_long": {"_csv", "_csv_dates", "_csv_errors", "_csv_numbered"},
    "_cli_output": {"_compile", "_csv_errors", "_files", "plotting"},
    "_cli_steps": {"_csv", "_csv_errors", "_panel_cells", "_panel_differ", "_panel_fill", "gaps"}
    | {"_panel_frame"}
    | LEAVES,
    "_cli_long": {"_cli_steps", "_csv_errors", "_csv_long", "_csv_table", "_panel_differ"}
    | {"_panel_fill", "_season_length", "exceptions", "forecaster", "panel"},
    "cli": {"tsrnn", "exceptions", "_season_length", "_timesteps", "_csv", "_csv_long", "_cli_long"}
    | {"_cli_output", "_cli_steps", "_csv_dates", "_csv_errors", "_panel_fill"}
    | MODELS
    | TOOLS,
    "__main__": {"cli"},
}

SOURCES = sorted(PACKAGE.rglob("*.py"))


def dotted_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted_name(path): path for path in SOURCES}


def place(name):
    """Return the key of ALLOWED that a dotted name of the package belongs to."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "tsrnn"


def imported_names(path):
    """Yield the modules of the package that a file imports, wherever in the file."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (name for name in names if name.split(".")[0] == "tsrnn")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module.split(".")[0] == "tsrnn":
                # "from package import name" takes a module where there is one of that name.
                for alias in node.names:
                    name = f"{module}.{alias.name}"
                    yield name if name in MODULES else module


def run_python(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_no_heavy_library():
    code = "import sys, tsrnn; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(run_python(code).split())
    assert "tsrnn" in loaded
    assert not loaded & {"matplotlib", "statsmodels", "numba", "llvmlite"}


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_one_way(name):
    key = place(name)
    assert key in ALLOWED, f"{name} is new: add {key!r} to the table ALLOWED in {__file__}"
    imported = {place(other) for other in imported_names(MODULES[name])}
    assert imported - {key} <= ALLOWED[key]


def test_the_table_of_imports_has_no_cycle():
    assert list(TopologicalSorter(ALLOWED).static_order())


def test_the_version_is_that_of_the_package_metadata():
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tsrnn.__version__ == metadata["project"]["version"]


@pytest.mark.parametrize("name", [name for name in MODULES if name != "tsrnn.__main__"])
def test_the_examples_in_docstrings_print_what_they_say(name):
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    plt.close("all")  # the examples of displays leave their pictures open, as a user would
    assert results.failed == 0
