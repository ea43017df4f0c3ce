"""Configuration of the documentation; see https://www.sphinx-doc.org/en/master/usage/configuration.html."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import matplotlib
from sphinx_gallery.sorting import ExplicitOrder

import tsrnn

matplotlib.use("Agg")
sys.path.append(str(Path(__file__).parent / "_extensions"))

project = "tsrnn"
author = "the tsrnn developers"
copyright = author
version = release = tsrnn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "families",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
# Links into the documentation of other libraries need their lists of names, and so a network: a
# build without one is to work, and to be the same every time. `TSRNN_DOCS_ONLINE=1` asks for them.
if os.environ.get("TSRNN_DOCS_ONLINE"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
        "pandas": ("https://pandas.pydata.org/docs", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
        "statsmodels": ("https://www.statsmodels.org/stable", None),
        "matplotlib": ("https://matplotlib.org/stable", None),
    }
templates_path = ["_templates"]
exclude_patterns = ["_build", "auto_examples/**/*.md5", "auto_examples/**/*.ipynb"]
myst_enable_extensions = ["dollarmath"]

html_theme = "furo"
html_math_renderer = "mathml"
html_title = f"tsrnn {version}"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["tsrnn.css"]

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's parameter sections state the types
autodoc_default_options = {
    # What scikit-learn and Exception bring along is documented there.
    "inherited-members": (
        "BaseEstimator,RegressorMixin,ClassifierMixin,_MetadataRequester,BaseException"
    ),
    # Of what methods bring along for `Forecaster` its page tells (own_forecaster.md).
    "exclude-members": (
        "set_fit_request,set_partial_fit_request,set_predict_request,set_score_request,"
        "validate_parameters,fit_model,fit_panel,cell_name,time_features,reading_columns,learn,"
        "columns_at,n_columns,label,uses_positions"
    ),
}
numpydoc_show_class_members = False

# Pages about other libraries are run where these are installed, and shown as they are elsewhere.
neighbours = [name for name in ("skforecast", "sktime", "mlforecast") if find_spec(name)]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "|".join(["/plot_", *(f"/interplay_{name}" for name in neighbours)]),
    "within_subsection_order": ExplicitOrder(
        [
            "plot_rnn_by_hand.py",
            "plot_holt_as_rnn.py",
            "plot_bptt.py",
            "plot_lstm_gru.py",
            "plot_quantiles.py",
            "plot_imdb.py",
            "plot_scikit_learn.py",
            "plot_co2_forecast.py",
            "plot_holt_winters.py",
            "plot_selection.py",
            "plot_ensemble.py",
            "plot_mixed_networks.py",
            "plot_bounds.py",
            "plot_trees.py",
            "plot_regression.py",
            "plot_panel.py",
            "plot_several_models.py",
            "plot_synthetic_series.py",
            "plot_intermittent.py",
            "plot_two_seasons.py",
            "plot_sine.py",
            "plot_linear_system.py",
            "plot_adding_problem.py",
            "interplay_skforecast.py",
            "interplay_sktime.py",
            "interplay_mlforecast.py",
            "*",
        ]
    ),
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
    "remove_config_comments": True,
    # By its name, for Sphinx cannot keep functions. The tests run pages with little training: that
    # none warns of what it learns is seen here.
    "reset_modules": ("matplotlib", "gallery.raise_warnings"),
    "reset_modules_order": "both",
    # What a plotting call returns is no result.
    "ignore_repr_types": r"matplotlib\.",
    "min_reported_time": 60,
}
