"""Pictures of training, gradients and states: what is drawn are the numbers of the network."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import (
    RNN,
    DeseasonalizedForecaster,
    GRURegressor,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
)
from tsrnn.plotting import GradientFlowDisplay, HiddenStateDisplay, TrainingHistoryDisplay

HISTORY = {
    "loss": [0.9, 0.5, 0.3, 0.2],
    "val_loss": [0.8, 0.6, 0.5, 0.7],
    "accuracy": [0.5, 0.7, 0.8, 0.9],
    "val_accuracy": [0.5, 0.65, 0.6, 0.6],
}
TRAINING = {"loss": HISTORY["loss"], "r2": HISTORY["accuracy"]}


@pytest.fixture(autouse=True)
def only_its_own_figures():
    plt.close("all")  # what tests of pages have left
    yield
    plt.close("all")


class Network(BaseEstimator):
    """What the displays ask of an estimator, as formulas."""

    def __init__(self, width=6, decay=0.5, n_layers=1):
        self.width = width
        self.decay = decay
        self.n_layers = n_layers

    def fit(self, X, y=None):
        self.history_ = HISTORY
        return self

    def gradient_norms(self, X, y):
        assert len(X) == len(y)
        scale = np.arange(1.0, self.n_layers + 1)[:, None]
        return scale * self.decay ** np.arange(float(np.shape(X[0])[0]))

    def hidden_states(self, X):
        assert len(X) == 1, "one sequence is drawn, so one should be run"
        return [np.outer(np.asarray(x), np.arange(1.0, self.width + 1)) for x in X]


X = np.arange(15.0).reshape(3, 5) - 7.0
Y = np.zeros(3)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# Training.


def test_loss_and_score_of_both_parts_stand_at_their_epochs():
    display = TrainingHistoryDisplay.from_estimator(Network().fit(X))
    assert display.history is HISTORY
    for name, line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(line.get_ydata(), HISTORY[name])
    loss, score = display.axes_
    assert {name: line.axes for name, line in display.lines_.items()} == {
        "loss": loss,
        "val_loss": loss,
        "accuracy": score,
        "val_accuracy": score,
    }
    assert (loss.get_ylabel(), score.get_ylabel()) == ("loss", "accuracy")
    for ax in display.axes_:
        assert ax.get_xlabel() == "epoch" and legend(ax) == ["training", "validation"]
        assert set(ax.get_xticks()) <= set(range(-1, 7))
        assert ax.figure is display.figure_


def test_rings_mark_the_lowest_validation_loss_and_the_highest_validation_score():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    rings = [ax.lines[-1].get_xydata().tolist() for ax in display.axes_]
    assert rings == [[[3.0, 0.5]], [[2.0, 0.65]]]
    assert [len(ax.lines) for ax in display.axes_] == [3, 3]


def test_without_validation_the_training_alone_is_drawn():
    display = TrainingHistoryDisplay.from_history(TRAINING)
    assert list(display.lines_) == ["loss", "r2"]
    assert [len(ax.lines) for ax in display.axes_] == [1, 1]
    assert display.axes_[1].get_ylabel() == "R²"


def test_without_a_score_the_loss_alone_is_drawn():
    display = TrainingHistoryDisplay.from_history({"loss": [2.0, 1.0], "seconds": [0.1, 0.1]})
    assert len(display.axes_) == 1 and list(display.lines_) == ["loss"]


@pytest.mark.parametrize(
    ("kind", "keys"), [("loss", ["loss", "val_loss"]), ("score", ["accuracy", "val_accuracy"])]
)
def test_one_of_the_two_can_be_drawn_on_given_axes(kind, keys):
    ax = Figure().add_subplot()
    display = TrainingHistoryDisplay.from_history(HISTORY, kind=kind, ax=ax)
    assert display.axes_ == [ax] and list(display.lines_) == keys
    assert plt.get_fignums() == []


def test_a_history_draws_itself_again_on_other_axes():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    figure, axes = plt.subplots(1, 2)
    assert display.plot(ax=axes) is display
    assert display.axes_ == list(axes) and display.figure_ is figure


def test_validation_that_failed_or_was_skipped_is_a_gap():
    history = {"loss": [2.0, 1.0, 0.5], "val_loss": [np.nan, 1.0, 2.0]}
    display = TrainingHistoryDisplay.from_history(history)
    assert display.axes_[0].lines[-1].get_xydata().tolist() == [[2.0, 1.0]]
    nothing = {"loss": [2.0, 1.0], "val_loss": [np.nan, np.nan]}
    assert len(TrainingHistoryDisplay.from_history(nothing).axes_[0].lines) == 2


def test_line_options_reach_every_line_under_any_of_their_names():
    display = TrainingHistoryDisplay.from_history(HISTORY, lw=4, ls="--")
    for line in display.lines_.values():
        assert (line.get_linewidth(), line.get_linestyle()) == (4, "--")


@pytest.mark.parametrize(
    ("history", "options", "message"),
    [
        ({}, {}, r"the history has no loss, only \[\]"),
        ({"accuracy": [1.0]}, {}, "no loss, only .*accuracy"),
        ({"loss": [1.0]}, {"kind": "score"}, "no accuracy or r2, only .*loss"),
        ({"loss": []}, {}, "a number for every epoch, got .*'loss': 0"),
        ({"loss": [2.0, 1.0], "val_loss": [1.0]}, {}, "'loss': 2, 'val_loss': 1"),
        (HISTORY, {"kind": "all"}, "kind must be 'both', 'loss' or 'score', got 'all'"),
    ],
)
def test_a_history_that_cannot_be_drawn_is_refused(history, options, message):
    with pytest.raises(ValueError, match=message):
        TrainingHistoryDisplay.from_history(history, **options)


def test_one_axes_for_two_pictures_is_refused():
    with pytest.raises(ValueError, match='2 Axes, for loss and accuracy, got 1: pass kind="loss"'):
        TrainingHistoryDisplay.from_history(HISTORY, ax=Figure().add_subplot())


# Gradients.


def test_the_norms_stand_at_their_lags_on_a_logarithmic_axis():
    display = GradientFlowDisplay.from_estimator(Network(decay=0.3).fit(X), X, Y)
    (line,) = display.lines_
    np.testing.assert_array_equal(line.get_xdata(), range(5))
    np.testing.assert_array_equal(line.get_ydata(), 0.3 ** np.arange(5.0))
    assert display.ax_.get_yscale() == "log"
    assert legend(display.ax_) == ["Network"]
    assert "lag" in display.ax_.get_xlabel()
    display.figure_.canvas.draw()  # the label of the axis is a formula that has to be read


def test_networks_are_compared_on_one_axes_a_line_for_each_layer():
    first = GradientFlowDisplay.from_estimator(Network().fit(X), X, Y, name="shallow")
    two = Network(n_layers=2).fit(X)
    second = GradientFlowDisplay.from_estimator(two, X, Y, name="deep", ax=first.ax_)
    assert second.ax_ is first.ax_ and len(plt.get_fignums()) == 1
    assert legend(first.ax_) == ["shallow", "deep, layer 1", "deep, layer 2"]
    lines = first.lines_ + second.lines_
    assert len({line.get_color() for line in lines}) == 3


def test_relative_norms_start_from_one_at_the_last_layer():
    display = GradientFlowDisplay(norms=[[4.0, 2.0], [8.0, 1.0]], name="net").plot(relative=True)
    drawn = [line.get_ydata().tolist() for line in display.lines_]
    assert drawn == [[0.5, 0.25], [1.0, 0.125]]
    assert "relative to lag 0" in display.ax_.get_ylabel()


def test_a_line_ends_where_the_gradient_is_zero_or_overflows():
    display = GradientFlowDisplay(norms=[[1.0, 0.5, 0.0, 0.0], [1.0, 9.0, np.inf, 0.0]], name="net")
    dying, exploding = display.plot().lines_
    np.testing.assert_array_equal(dying.get_ydata(), [1.0, 0.5, np.nan, np.nan])
    np.testing.assert_array_equal(exploding.get_ydata(), [1.0, 9.0, np.nan, np.nan])
    display.figure_.canvas.draw()


@pytest.mark.parametrize("relative", [True, False])
def test_a_network_without_any_gradient_draws_an_empty_picture(relative):
    display = GradientFlowDisplay(norms=np.zeros((1, 4)), name="dead").plot(relative=relative)
    display.figure_.canvas.draw()
    assert display.ax_.get_yscale() == "linear"


@pytest.mark.parametrize("norms", [np.ones(3), np.zeros((1, 0)), [[1.0, -1.0]], [[1.0, np.nan]]])
def test_what_is_no_table_of_norms_is_refused(norms):
    with pytest.raises(ValueError, match=r"norms must be an array of shape \(n_layers, n_lags\)"):
        GradientFlowDisplay(norms=norms, name="net").plot()


# States.


@pytest.mark.parametrize("form", [np.asarray, list, pd.DataFrame, lambda X: X[:, :, None]])
def test_the_states_of_the_sample_asked_for_are_drawn(form):
    class Ravelled(Network):
        def hidden_states(self, X):
            assert len(X) == 1
            return super().hidden_states([np.ravel(x) for x in np.asarray(X)])

    display = HiddenStateDisplay.from_estimator(Ravelled().fit(X), form(X), sample=1)
    expected = np.outer(np.arange(1.0, 7.0), X[1])
    np.testing.assert_array_equal(display.image_.get_array(), expected)
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("time step", "unit")
    assert display.lines_ == []


@pytest.mark.parametrize("text", ["a fine film", b"a fine film", ""])
def test_a_text_alone_is_no_sample_but_a_list_of_texts_is_meant(text):
    with pytest.raises(TypeError, match=r"X is a single text: pass a list of texts, \[X\]"):
        HiddenStateDisplay.from_estimator(Network().fit(X), text)


def test_samples_count_from_the_end_too_and_there_must_be_one():
    ragged = [X[0], X[1, :3]]
    display = HiddenStateDisplay.from_estimator(Network().fit(X), ragged, sample=-1)
    assert display.states.shape == (3, 6)
    with pytest.raises(ValueError, match="below 2, the number of X, got 2"):
        HiddenStateDisplay.from_estimator(Network().fit(X), ragged, sample=2)
    with pytest.raises(TypeError, match="sample"):
        HiddenStateDisplay.from_estimator(Network().fit(X), ragged, sample=0.5)


def test_colours_diverge_from_zero_and_a_bar_explains_them():
    display = HiddenStateDisplay(states=np.array([[0.5] * 6, [-0.1] * 6])).plot()
    assert display.image_.get_clim() == (-0.5, 0.5)
    assert display.colorbar_.mappable is display.image_
    white = display.image_.cmap(display.image_.norm(0.0))
    assert min(white[:3]) > 0.95
    ticks = display.ax_.get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))


def test_states_that_are_all_zero_have_colours_too():
    display = HiddenStateDisplay(states=np.zeros((4, 8))).plot()
    assert display.image_.get_clim() == (-1.0, 1.0)
    display.figure_.canvas.draw()


def test_few_units_are_lines_and_the_kind_can_be_chosen():
    states = np.arange(10.0).reshape(5, 2)
    display = HiddenStateDisplay(states=states).plot()
    assert display.image_ is None and display.colorbar_ is None
    np.testing.assert_array_equal([line.get_ydata() for line in display.lines_], states.T)
    assert legend(display.ax_) == ["unit 0", "unit 1"]
    assert display.plot(kind="heatmap").image_ is not None and display.lines_ == []
    many = HiddenStateDisplay(states=np.ones((3, 20))).plot(kind="lines")
    assert len(many.lines_) == 20


def test_options_reach_the_heat_map_or_the_lines():
    states = np.arange(10.0).reshape(5, 2)
    display = HiddenStateDisplay(states=states).plot(kind="heatmap", cmap="PuOr", vmax=20.0)
    assert display.image_.cmap.name == "PuOr" and display.image_.get_clim() == (-9.0, 20.0)
    (first, _) = display.plot(kind="lines", c="k").lines_
    assert same_color(first.get_color(), "k")


def test_states_draw_themselves_on_given_axes():
    ax = Figure().add_subplot()
    display = HiddenStateDisplay(states=np.ones((3, 20))).plot(ax=ax)
    assert display.ax_ is ax and display.figure_ is ax.figure
    assert plt.get_fignums() == []


@pytest.mark.parametrize("states", [np.ones(3), np.ones((1, 2, 3)), np.ones((0, 3))])
def test_what_is_no_table_of_states_is_refused(states):
    with pytest.raises(ValueError, match=r"states must be an array of shape \(n_timesteps"):
        HiddenStateDisplay(states=states).plot()


def test_an_unknown_kind_of_picture_is_refused():
    with pytest.raises(ValueError, match="'auto', 'heatmap' or 'lines', got 'bars'"):
        HiddenStateDisplay(states=np.ones((3, 2))).plot(kind="bars")


# The estimators of the library.


@pytest.mark.parametrize("as_sequences", [np.asarray, list, lambda X: X[:, :, None]])
def test_networks_of_every_layout_are_drawn(as_sequences):
    sequences = as_sequences(np.random.default_rng(0).normal(size=(40, 7)))
    targets = np.array([np.ravel(x)[0] for x in sequences])
    network = GRURegressor(
        hidden_layer_sizes=(3, 6), bidirectional=True, solver="lbfgs", max_iter=400, random_state=0
    ).fit(sequences, targets, X_val=sequences[:9], y_val=targets[:9])
    history = TrainingHistoryDisplay.from_estimator(network)
    assert list(history.lines_) == ["loss", "val_loss", "r2", "val_r2"]
    assert len(history.lines_["loss"].get_xdata()) == network.n_iter_
    gradients = GradientFlowDisplay.from_estimator(network, sequences, targets)
    norms = network.gradient_norms(sequences, targets)
    np.testing.assert_array_equal([line.get_ydata() for line in gradients.lines_], norms)
    states = HiddenStateDisplay.from_estimator(network, sequences, sample=2)
    expected = np.asarray(network.hidden_states(sequences)[2], dtype=float)
    # One sequence alone is another batch: products of matrices differ in their last bits.
    np.testing.assert_allclose(states.image_.get_array(), expected.T, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(
    "draw",
    [
        lambda net: TrainingHistoryDisplay.from_estimator(net),
        lambda net: GradientFlowDisplay.from_estimator(net, X, Y),
        lambda net: HiddenStateDisplay.from_estimator(net, X),
    ],
)
def test_an_unfitted_network_is_refused(draw):
    with pytest.raises(NotFittedError):
        draw(Network())


SERIES = 100.0 + np.cumsum(np.random.default_rng(0).normal(size=40))


PANEL = pd.DataFrame(
    {
        "unique_id": np.repeat(["a", "b"], len(SERIES)),
        "ds": np.tile(np.arange(len(SERIES)), 2),
        "y": np.tile(SERIES, 2),
    }
)


def small_network():
    return GRURegressor(hidden_layer_sizes=2, max_iter=3, random_state=0)


@pytest.mark.parametrize(
    "fitted",
    [
        lambda: RNNForecaster(small_network(), window=4).fit(SERIES),
        lambda: DeseasonalizedForecaster(RNNForecaster(small_network(), window=4), period=4).fit(
            SERIES
        ),
        lambda: RNNForecaster(make_pipeline(StandardScaler(), small_network()), window=4).fit(
            SERIES
        ),
        lambda: GridSearchCV(small_network(), {"l2": [0.0]}, cv=2).fit(X, X[:, 0]),
        lambda: TransformedTargetRegressor(small_network()).fit(X, X[:, 0]),
        lambda: PanelForecaster(RNNForecaster(small_network(), window=4)).fit(PANEL),
        lambda: PanelForecaster(
            DeseasonalizedForecaster(RNNForecaster(small_network(), window=4), period=4)
        ).fit(PANEL),
    ],
    ids=[
        "forecaster",
        "deseasonalized",
        "pipeline",
        "search",
        "transformed",
        "panel",
        "deseasonalized panel",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_history_of_a_network_inside_is_drawn(fitted):
    display = TrainingHistoryDisplay.from_estimator(fitted(), kind="loss")
    assert len(display.lines_["loss"].get_ydata()) == 3


@pytest.mark.filterwarnings("ignore")
def test_what_keeps_no_history_is_told_and_no_word_of_fitting():
    forecaster = RNNForecaster(Ridge(), window=4)
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(forecaster)
    for fitted, message in (
        (forecaster.fit(SERIES), "RNNForecaster made of Ridge keeps no history"),
        (Ridge().fit(SERIES[:, None], SERIES), "^Ridge keeps no history"),
        (NaiveForecaster().fit(SERIES), "^NaiveForecaster keeps no history"),
        (PanelForecaster(NaiveForecaster()).fit(PANEL), "^PanelForecaster keeps no history"),
        (PanelForecaster(forecaster).fit(PANEL), "made of Ridge keeps no history"),
    ):
        with pytest.raises(TypeError, match=message):
            TrainingHistoryDisplay.from_estimator(fitted)


@pytest.mark.filterwarnings("ignore")
def test_the_history_of_the_explicit_network_is_drawn_once_it_is_fitted():
    network = RNN(n_inputs=1, n_hidden=2, n_outputs=1)
    with pytest.raises(NotFittedError, match="RNN"):
        TrainingHistoryDisplay.from_estimator(network)
    network.fit(SERIES[:8, None], SERIES[:8, None], max_iter=3)
    display = TrainingHistoryDisplay.from_estimator(network)
    assert list(display.lines_) == ["loss"] and display.history is network.history_
