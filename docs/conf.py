"""Configuration of the documentation; see https://www.sphinx-doc.org/en/master/usage/configuration.html."""

import matplotlib
from sphinx_gallery.sorting import ExplicitOrder

import tsrnn

matplotlib.use("Agg")

project = "tsrnn"
author = "the tsrnn developers"
copyright = author
version = release = tsrnn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "auto_examples/**/*.md5", "auto_examples/**/*.ipynb"]

html_theme = "furo"
html_title = f"tsrnn {version}"
html_show_copyright = False

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's parameter sections state the types
autodoc_default_options = {
    # What scikit-learn and Exception bring along is documented there.
    "inherited-members": "BaseEstimator,RegressorMixin,_MetadataRequester,BaseException",
    "exclude-members": "set_fit_request,set_predict_request,set_score_request",
}
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "within_subsection_order": ExplicitOrder(
        [
            "plot_holt_as_rnn.py",
            "plot_co2_forecast.py",
            "plot_holt_winters.py",
            "plot_selection.py",
            "plot_panel.py",
            "plot_sine.py",
            "plot_linear_system.py",
            "plot_adding_problem.py",
            "*",
        ]
    ),
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
    "remove_config_comments": True,
    # What a plotting call returns is no result.
    "ignore_repr_types": r"matplotlib\.",
    "min_reported_time": 60,
}
