"""What the pages of the documentation say is so: names, code, links."""

import re
import textwrap
from importlib import import_module
from inspect import getattr_static, getmembers, isclass, isfunction

import matplotlib.pyplot as plt
import pytest
from paths import DOCS

import tsrnn
from tsrnn.cells import NETWORK_CELLS

FETCHERS = (
    "tsrnn.datasets.competitions",
    "tsrnn.datasets.imdb",
)  # whose functions datasets passes on
# What numpydoc finds and this project does without: types where prose tells them, capitals and full
# stops of descriptions, a "See Also" for everything, examples for each method.
DISPENSED = {"ES01", "PR04", "PR06", "PR07", "RT02", "RT03", "RT04", "RT05", "SA01"}
# What scikit-learn and exceptions bring along is documented there.
INHERITED = {"get_params", "get_metadata_routing", "with_traceback", "add_note", "args"}
# What those who write a forecaster or a cell bring along; pages of their own tell of it.
HOOKS = {"validate_parameters", "fit_model", "fit_panel", "cell_name"}
HOOKS |= {"time_features", "reading_columns", "following", "going_on_from"}  # of forecasters
HOOKS |= {"learn", "look_at", "columns_at", "n_columns", "label"}  # of features
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("*.rst")])


def blocks(page):
    """The Python blocks of a page, each behind as many empty lines as there are lines above it."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
        yield "\n" * text.count("\n", 0, found.start(1)) + found[1]


PAGES_WITH_CODE = [page for page in PAGES if any(blocks(page))]


def public_names():
    modules = {"datasets", "exceptions", "features", "metrics", "plotting", "priors"}
    public = set(tsrnn.__all__) - modules
    for module in modules:
        names = vars(getattr(tsrnn, module)).items()
        public |= {
            f"{module}.{name}"
            for name, value in names
            if (isclass(value) or isfunction(value))
            and value.__module__.startswith((f"tsrnn.{module}", *FETCHERS))
            and not name.startswith("_")
        }
    return public


@pytest.fixture
def cells_as_they_were():
    before = dict(NETWORK_CELLS)
    yield
    NETWORK_CELLS.clear()
    NETWORK_CELLS.update(before)


def test_the_reference_lists_every_public_name():
    text = (DOCS / "api.rst").read_text(encoding="utf-8")
    assert set(re.findall(r"^   ([\w.]+)$", text, re.MULTILINE)) == public_names()


def test_there_are_pages_with_code():
    assert {page.stem for page in PAGES_WITH_CODE} >= {"quickstart", "extending"}


# Shown on the page about panels.
@pytest.mark.filterwarnings("ignore:1 of 40 series failed")
@pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnusedColumnsWarning")
@pytest.mark.parametrize("page", PAGES_WITH_CODE, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs_from_top_to_bottom(
    page, cells_as_they_were, tmp_path, monkeypatch
):
    if 'HolidayFeatures("' in page.read_text(encoding="utf-8"):
        pytest.importorskip("holidays", reason="the extra holidays has the holidays of countries")
    if "import polars" in page.read_text(encoding="utf-8"):
        pytest.importorskip("polars", reason="the extra test has the libraries of other frames")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": page.stem}
    for block in blocks(page):
        exec(compile(block, str(page), "exec"), names)
    plt.close("all")
    assert list(tmp_path.iterdir()) == []  # a page leaves nothing behind


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # few epochs
def test_the_ten_lines_of_the_landing_page_run():
    text = (DOCS / "index.rst").read_text(encoding="utf-8")
    code = re.search(r"^\.\. code-block:: python\n\n((?:   .*\n|\n)+)", text, re.MULTILINE)[1]
    code = textwrap.dedent(code)
    exec(compile(code, "index.rst", "exec"), {})
    assert sum(bool(line) and "import" not in line for line in code.splitlines()) <= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_scripts_that_a_page_names_are_there(page):
    """Figures have the command that makes them, and it must not be one that is gone."""
    named = re.findall(r"(?:benchmarks|examples)/\w+\.(?:py|md)", page.read_text(encoding="utf-8"))
    for path in named:
        assert (DOCS.parent / path).exists(), f"{page.name} names {path}"


def documented_names():
    """Every public name with its public methods and properties, from `tsrnn` on."""
    for name in sorted(public_names()):
        yield name
        module, _, own = f"tsrnn.{name}".rpartition(".")
        described = getattr(import_module(module), own)
        if not isclass(described):
            continue
        for member, value in getmembers(described):
            if member.startswith(("_", "set_")) or member in INHERITED | HOOKS:
                continue
            if callable(value) or isinstance(getattr_static(described, member), property):
                yield f"{name}.{member}"


@pytest.mark.parametrize("name", list(documented_names()))
def test_docstrings_are_complete(name):
    """Every parameter and what is returned, in numpydoc's form; an example of each public name."""
    validate = pytest.importorskip(
        "numpydoc.validate", reason="the extra docs has numpydoc"
    ).validate
    dispensed = DISPENSED | (set() if name in public_names() else {"EX01"})
    errors = validate(f"tsrnn.{name}")["errors"]
    assert [message for code, message in errors if code not in dispensed] == []
