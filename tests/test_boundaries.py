"""The walls between the package's folders: who imports whom, and what nobody does."""

import ast
import functools
import re
from graphlib import TopologicalSorter
from importlib import import_module

import pytest
from paths import DOCS, EXAMPLES, PACKAGE, ROOT

import tsrnn


def table(text):
    """Read lines "key: one two three", of which several may have the same key."""
    rows = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, _, values = line.partition(":")
        rows.setdefault(key, set()).update(values.split())
    return rows


# From the bottom to the top: a folder imports only folders of lines above its own in this list. A
# module that lies in no folder stands for one.
LAYERS = [
    {"exceptions", "_version", "_docs", "_files", "priors"},
    {"_compute"},
    {"_input", "_optim", "cells"},
    {"_scan", "_time"},
    {"features", "plotting", "synthetic"},
    {"datasets"},
    {"metrics", "_dense", "_recurrent", "forecasting"},
    {"network"},
    {"smoothing", "sequence", "panel", "causal"},
    {"text", "theta", "windows"},
    {"pretrained"},
    {"compose"},
    {"_registry"},
    {"saving"},
    {"tsrnn"},
    {"cli"},
]

# What each imports, no more and no less.
FOLDERS = table(
    """
    _docs:
    _files:
    _version:
    exceptions:
    plotting: _input _time
    priors:
    _compute: _files _version
    _input: exceptions
    _optim: exceptions _compute
    cells: _compute
    datasets: _files _input synthetic
    _scan: _compute _input cells
    _time: exceptions _input
    _recurrent: exceptions _compute _input _optim cells
    _dense: _compute _input _optim cells
    causal: _compute _input _optim _recurrent
    features: exceptions _input _time
    synthetic: exceptions _compute _input _scan cells
    forecasting: exceptions _compute _input _time features
    metrics: _input _time
    network: _compute _input _optim _recurrent
    panel: exceptions _compute _input _time features forecasting metrics
    sequence: _docs exceptions _input _optim cells _scan _dense _recurrent network
    smoothing: _docs exceptions priors _compute _input _optim cells _scan _time forecasting network
    text: exceptions _input _optim _recurrent sequence
    pretrained: exceptions _input _time causal forecasting windows
    theta: _compute _input _scan _time cells forecasting smoothing
    windows: exceptions _compute _dense _input _optim _recurrent _time causal forecasting sequence
    compose: exceptions _input _scan _time features forecasting smoothing panel theta
    _registry: exceptions forecasting panel pretrained sequence smoothing text theta windows compose
    saving: _files _version exceptions priors _input _optim cells _time _dense _recurrent
    saving: causal features forecasting network
    saving: panel pretrained sequence smoothing text theta windows compose _registry
    tsrnn: _version exceptions plotting priors datasets features forecasting metrics network panel
    tsrnn: pretrained sequence
    tsrnn: smoothing text theta windows compose _registry saving
    cli: _files exceptions plotting _compute _input datasets _time forecasting metrics panel
    cli: pretrained smoothing theta compose tsrnn
    """
)

# Folders in which no estimator is known, and those that have some.
WITHOUT_ESTIMATORS = {"_compute", "_dense", "_input", "_optim", "_recurrent", "_scan", "_time"}
WITHOUT_ESTIMATORS |= {"cells", "synthetic"}
WITH_ESTIMATORS = {"forecasting", "network", "smoothing", "sequence", "panel", "text", "windows"}
WITH_ESTIMATORS |= {"theta", "pretrained"}
FORECASTERS = {"forecasting", "smoothing", "panel", "theta", "windows", "pretrained", "compose"}

# What users may import, and from where: a name that another module holds is no promise.
PUBLIC = table(
    """
    tsrnn.cells: CELLS NETWORK_CELLS NetworkCell SmootherCell load logistic store tanh unit_kernel
    tsrnn.cli: main
    tsrnn.compose: DeseasonalizedForecaster EnsembleForecaster RegressionForecaster
    tsrnn.datasets: fetch_imdb fetch_m3 fetch_m4 load_co2 make_noisy_line
    tsrnn.datasets: make_series
    tsrnn.exceptions: BeyondStampsError InvalidParameterError IrregularIndexError ModelFormatError
    tsrnn.exceptions: TrainingDivergedError UnfinishedStepWarning UnreliableForecastWarning
    tsrnn.exceptions: UnusedColumnsWarning
    tsrnn.features: CalendarFeatures FourierFeatures HolidayFeatures StepFeatures TimeFeatures
    tsrnn.forecasting: FittedModel Forecaster NaiveForecaster backtest
    tsrnn.metrics: bias coverage crps evaluate mae_scorer mase mase_scorer msis owa pinball_loss
    tsrnn.metrics: relative_scores rmse_scorer rmsse rmsse_scorer scaled_quantile_loss smape
    tsrnn.metrics: smape_scorer wape wape_scorer weighted_quantile_loss winkler_score winkler_scorer
    tsrnn.metrics: wql_scorer
    tsrnn.network: RNN
    tsrnn.panel: PanelForecaster detect_anomalies fill_gaps tune
    tsrnn.plotting: AnomaliesDisplay ComponentsDisplay ForecastDisplay GradientFlowDisplay
    tsrnn.plotting: HiddenStateDisplay TrainingHistoryDisplay
    tsrnn.pretrained: PretrainedRNNForecaster
    tsrnn.priors: ExponentialPrior PRIORS
    tsrnn.saving: load save
    tsrnn.sequence: ElmanRNNClassifier ElmanRNNRegressor GRUClassifier GRURegressor LSTMClassifier
    tsrnn.sequence: LSTMRegressor SequenceClassifier SequenceRegressor
    tsrnn.smoothing: AutoExpSmoothingRNN ComplexExpSmoothingRNN DoubleExpSmoothingRNN
    tsrnn.smoothing: SimpleExpSmoothingRNN TripleExpSmoothingRNN
    tsrnn.text: TextRNNClassifier
    tsrnn.theta: ThetaForecaster
    tsrnn.windows: RNNForecaster WindowForecaster
    """
)

# Private names that belong to classes of other folders, by who uses them. Each is a wall to be
# mended: the dictionary may shrink, and must not grow.
REACHED_INTO = table(
    """
    tsrnn.cli.fitting: _grid
    tsrnn.compose.inner: _model _seen
    tsrnn.panel.fitted: _uses_regressors
    tsrnn.panel.fitting: _has_season
    tsrnn.panel.forecaster: _seeks_season
    tsrnn.panel.parameters: _reads_static
    tsrnn.panel.seasons: _in_season _seeks_season _taken_period _wants_note
    tsrnn.panel.seasons: _reads_static _would_take
    tsrnn.plotting._forecast: _grid _observed_and_predicted _read_request
    """
)

# Functions that take more than nine arguments: for users, by their names.
MOST_ARGUMENTS = 9
LONG_SIGNATURES = {"tsrnn.forecasting.backtesting.backtest": 10}


def dotted_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {dotted_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@functools.cache
def trees():
    """Return what is parsed of each file, by its dotted name: not at import, where all wait."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}


def folder_of(name):
    """Return the folder that a dotted name of the package lies in; "tsrnn" is its __init__."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "tsrnn"


def imported_names(tree):
    """Yield the modules of the package that a tree imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if folder_is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and folder_is_ours(node.module or ""):
            # "from package import name" takes a module where there is one of that name.
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in SOURCES else node.module


def folder_is_ours(name):
    return name.split(".")[0] == "tsrnn"


@functools.cache
def imports():
    """Return the modules of the package that each imports."""
    return {name: set(imported_names(tree)) for name, tree in trees().items()}


def imported_folders(folder):
    """Return what the modules of a folder import from other folders."""
    names = set().union(*(imports()[name] for name in SOURCES if folder_of(name) == folder))
    return {folder_of(name) for name in names} - {folder}


def test_imports_are_absolute():
    nodes = [node for tree in trees().values() for node in ast.walk(tree)]
    assert not [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level]


def test_each_folder_imports_what_the_list_says():
    found = {folder: imported_folders(folder) for folder in {folder_of(name) for name in SOURCES}}
    assert found == FOLDERS


def test_folders_import_from_lower_layers_only():
    level = {folder: i for i, layer in enumerate(LAYERS) for folder in layer}
    assert level.keys() == FOLDERS.keys()
    up = {
        (folder, other)
        for folder, others in FOLDERS.items()
        for other in others
        if level[other] >= level[folder]
    }
    assert not up


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_files_of_a_folder_import_one_another_without_a_cycle(folder):
    inside = {name for name in SOURCES if folder_of(name) == folder}
    assert list(
        TopologicalSorter({name: imports()[name] & inside for name in inside}).static_order()
    )


@pytest.mark.parametrize("folder", sorted(WITHOUT_ESTIMATORS))
def test_what_knows_no_estimator_imports_none(folder):
    assert not FOLDERS[folder] & (WITH_ESTIMATORS | {"compose"})


def test_the_search_of_smoothers_knows_no_forecaster():
    search = [name for name in SOURCES if name.startswith("tsrnn.smoothing.search")]
    assert search
    for name in search:
        assert not {folder_of(other) for other in imports()[name]} & {"forecasting", "network"}


def test_sequence_estimators_know_no_forecaster():
    assert not FOLDERS["sequence"] & FORECASTERS


def test_metrics_and_pictures_take_arrays_or_estimators_by_their_public_methods():
    # Labels of rows are compared, and their season told, in one place; frames have one door,
    # and warnings, too.
    used = {
        "metrics": {"frames", "notes", "labels", "period_of_stamps"},
        "plotting": {"frames", "stamps"},
    }
    for folder, known in used.items():
        own = [name for name in SOURCES if folder_of(name) == folder]
        outside = set().union(*(imports()[name] for name in own)) - set(own)
        assert {name.rpartition(".")[2] for name in outside} == known


def test_only_the_top_saves_and_only_users_give_commands():
    assert {folder for folder, others in FOLDERS.items() if "saving" in others} <= {"tsrnn", "cli"}
    assert not [folder for folder, others in FOLDERS.items() if "cli" in others]


# What is private.


def is_own(node):
    """Whether what a name is taken from is the object itself, or its class."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def private_definitions(tree):
    """Yield the private names that a module's classes have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                targets = getattr(statement, "targets", [getattr(statement, "target", statement)])
                names = {getattr(one, "name", getattr(one, "id", "")) for one in targets}
                yield from (name for name in names if is_private(name))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if is_private(node.attr):
                yield node.attr


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def private_uses(tree):
    """Yield the private names that a module takes from objects other than its own, or imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node.value):
            yield node.attr
        elif isinstance(node, ast.ImportFrom) and folder_is_ours(node.module or ""):
            yield from (a.name for a in node.names if is_private(a.name) and node.module != "tsrnn")


def test_nobody_uses_private_names_of_other_folders_but_those_listed():
    """Files are checked part by part in saving, so that it has to see all of them."""
    folders = FOLDERS.keys() - {"saving"}
    owned = {folder: set() for folder in FOLDERS}
    for name, tree in trees().items():
        owned[folder_of(name)] |= set(private_definitions(tree))
    everywhere = set().union(*owned.values())
    found = {}
    for name, tree in trees().items():
        folder = folder_of(name)
        reached = set(private_uses(tree)) & (everywhere - owned[folder])
        if folder in folders and reached:
            found[name] = reached
    assert found == REACHED_INTO


# How many arguments.

DECORATORS_OF_KERNELS = {"inlined", "intrinsic", "overload"}


def runs_compiled(function):
    """Whether a function is a kernel's: those take arrays one by one, whatever their number."""
    for node in function.decorator_list:
        node = node.func if isinstance(node, ast.Call) else node
        name = getattr(node, "attr", getattr(node, "id", ""))
        if "kernel" in name or name in DECORATORS_OF_KERNELS:
            return True
    return False


def signatures(node, prefix, in_class=False):
    """Yield the names of Python functions, but for constructors, and their numbers of arguments."""
    for child in ast.iter_child_nodes(node):
        name = f"{prefix}.{getattr(child, 'name', '')}"
        if isinstance(child, ast.ClassDef):
            yield from signatures(child, name, in_class=True)
        elif isinstance(child, ast.FunctionDef) and not runs_compiled(child):
            arguments = child.args.posonlyargs + child.args.args + child.args.kwonlyargs
            if child.name != "__init__":
                yield name, len(arguments) - (in_class and arguments[:1] != [])
            yield from signatures(child, name)


def test_functions_take_few_arguments():
    found = {
        name: number
        for module, tree in trees().items()
        for name, number in signatures(tree, module)
        if number > MOST_ARGUMENTS
    }
    assert found == LONG_SIGNATURES


# What is public, and what is shipped.


PUBLIC_NAMES = [(module, name) for module, names in PUBLIC.items() for name in sorted(names)]
PUBLIC_NAMES += [("tsrnn", name) for name in tsrnn.__all__]


@pytest.mark.parametrize(("module", "name"), PUBLIC_NAMES)
def test_public_names_stay_where_they_are(module, name):
    assert getattr(import_module(module), name) is not None


def imported_by_readers():
    """Yield what pages and examples import of the package: (page, module)."""
    for page in sorted([ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("*.rst")]):
        text = page.read_text(encoding="utf-8")
        for found in re.findall(r"^ *(?:>>> )?(?:from|import) (tsrnn[\w.]*)", text, re.MULTILINE):
            yield page.name, found
    for page in sorted(EXAMPLES.glob("*.py")):
        for name in imported_names(ast.parse(page.read_text(encoding="utf-8"))):
            yield page.name, name


def test_pages_and_examples_import_what_is_public():
    pages, faces = list(imported_by_readers()), {"tsrnn", *PUBLIC}
    assert {"README.md", "quickstart.md"} <= {page for page, _ in pages}
    assert not {page for page, module in pages if module not in faces}


def test_every_folder_is_shipped():
    """A folder without an `__init__` is in an editable install, and not in the wheel."""
    folders = {path.parent for path in SOURCES.values()}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


def first_sentence(folder):
    """Return what the docstring of a folder, or of a module in none, begins with."""
    name = "tsrnn" if folder == "__init__" else f"tsrnn.{folder}"
    return ast.get_docstring(trees()[name]).split("\n\n")[0].replace("\n", " ").rstrip(".")


def test_contributors_are_told_what_each_folder_is_for():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `tsrnn/(\w+)(?:/|\.py)` \| (.*) \|$", text, re.MULTILINE))
    folders = {"__init__" if folder == "tsrnn" else folder for folder in FOLDERS}
    assert rows == {folder: first_sentence(folder) for folder in folders}


def test_docstrings_begin_with_a_verb_or_a_noun():
    """A docstring that begins like a question says less plainly what a name stands for."""
    defined = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    question = re.compile(r"(?:What|Where|How|Which|Who|When)\b")
    texts = [
        (name, getattr(node, "name", ""), ast.get_docstring(node) or "")
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, defined)
    ]
    assert not [(*place, text) for *place, text in texts if question.match(text)]
