"""What users can reach and change does not have kernels write beyond the ends of arrays."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from saved_models import fitted, fitted_network, fitted_panel, series

import tsrnn
from tsrnn import TextRNNClassifier
from tsrnn._input.ragged import Batch
from tsrnn._optim.minibatch import SGD, Adam, RMSprop
from tsrnn._scan.filtering import filter_series
from tsrnn._scan.linear import error_variances


@pytest.mark.parametrize("i", [10, 50, -1, 2**31 - 1])
def test_a_word_without_a_row_of_the_embedding_is_refused(i):
    model, texts, labels = fitted_network("texts")
    before = model.predict(texts)
    model.vocabulary_["zz"] = i
    for use in (model.predict, model.predict_proba, model.hidden_states):
        with pytest.raises(ValueError, match=f"a word has the id {i}, but the network knows 10"):
            use(["zz a"])
    with pytest.raises(ValueError, match=rf"X\[0\] (has id {i} at 0, but there are 10|.* {i}$)"):
        model.partial_fit(["zz a"], ["pos"])
    # What was counted before that word is forgotten.
    assert model.predict(texts).tolist() == before.tolist()


def test_a_vocabulary_that_is_read_must_have_rows_of_the_embedding():
    model, *_ = fitted_network("text_ids")
    arrays = model.to_keras_weights()
    with pytest.raises(ValueError, match=r"vocabulary\['zz'\] is 9, but there are 9"):
        TextRNNClassifier.from_keras_weights(arrays, cell="elman", vocabulary={"zz": 9})
    found = TextRNNClassifier.from_keras_weights(arrays, cell="elman", vocabulary={"zz": 8})
    assert found.vocabulary_ == {"zz": 8}


@pytest.mark.parametrize("optimizer", [RMSprop(0.1), Adam(0.1), SGD(0.1)])
@pytest.mark.parametrize("size", [0, 1, 4, 6, 10**6])
def test_the_state_of_an_optimiser_is_of_the_parameters(optimizer, size):
    theta, gradient = np.zeros(5), np.ones(5)
    with pytest.raises(ValueError, match=r"an optimiser of 5 parameters was given arrays of \["):
        optimizer.update(theta, gradient, optimizer.init(np.zeros(size)))


@pytest.mark.parametrize("name", ["simple", "damped", "triple", "multiplicative"])
@pytest.mark.parametrize("change", ["rows", "columns", "parameters", "lanes", "none"])
def test_smoothers_of_other_shapes_are_refused(name, change):
    model = fitted(name, series())
    ((places, batch),) = model._model.parts
    parts = {
        "rows": {"state": batch.state[:-1]},
        "columns": {"state": np.repeat(batch.state, 2, axis=1)},
        "parameters": {"theta": batch.theta[:-1]},
        "lanes": {"theta": batch.theta[:, :0]},
        "none": {"state": batch.state[:0]},
    }
    wrong = replace(batch, **parts[change])
    rows = Batch.of_columns(np.ones((3, 1)), np.empty((3, 0)))
    with pytest.raises(ValueError):
        filter_series(wrong.structure.cell, rows, wrong.theta, wrong.state)
    with pytest.raises(ValueError):
        wrong.forecast(3)
    # What `simulate` draws for has lanes of its own.
    with pytest.raises((ValueError, IndexError)):
        replace(wrong, theta=wrong.theta[:-1]).simulate(3, 2, np.random.RandomState(0))


@pytest.mark.parametrize("size", [0, 2, 4])
def test_the_first_numbers_of_states_have_a_place_for_each_row(size):
    ((_, batch),) = fitted("damped", series())._model.parts
    rows = Batch.of_columns(np.ones((3, 1)), np.empty((3, 0)))
    firsts = np.empty(3)
    filter_series(batch.structure.cell, rows, batch.theta, batch.state, firsts=firsts)
    assert firsts[0] == batch.state[0, 0]
    with pytest.raises(ValueError, match=r"firsts must have shape \(3,\)"):
        filter_series(batch.structure.cell, rows, batch.theta, batch.state, firsts=np.empty(size))


@pytest.mark.parametrize("i", range(7))
def test_covariances_are_run_along_on_arrays_of_one_size(i):
    parts = [np.ones((2, 3, 3)), np.ones((2, 3)), np.ones((2, 3)), np.ones(8), np.arange(3) * 4]
    parts += [np.ones(2), np.zeros((2, 3, 3))]
    *forms, predictions, offsets, variances, covariances = [
        part[:-1] if k == i else part for k, part in enumerate(parts)
    ]
    is_missing = np.zeros(8, dtype=bool)
    with pytest.raises(ValueError, match="linear smoothers have arrays of the shapes"):
        error_variances(
            tuple(forms), is_missing, predictions, offsets, variances, covariances, is_relative=True
        )


@pytest.mark.parametrize(
    ("make", "change", "message"),
    [
        (lambda: fitted_network("texts")[0], lambda m: m.vocabulary_.update(zz=50), "zz"),
        (lambda: fitted_network("gru")[0], lambda m: m.weights_.pop("W_hh"), "weights_ must"),
        (lambda: fitted("simple", series()), lambda m: vars(m).pop("_grid"), "lacks .'_grid'"),
        (lambda: fitted_panel("weeks"), lambda m: vars(m).update(_training=3), "training series"),
    ],
    ids=["words", "weights", "grid", "panel"],
)
def test_what_could_not_be_loaded_is_not_saved(tmp_path, make, change, message):
    model = make()
    change(model)
    with pytest.raises(TypeError, match=f"{type(model).__name__} cannot be saved: .*{message}"):
        tsrnn.save(model, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_a_fitted_model_is_saved_as_well(tmp_path):
    model = copy.deepcopy(fitted("direct", series("months")))
    tsrnn.save(model, tmp_path / "model")
    assert tsrnn.load(tmp_path / "model").predict(2).equals(model.predict(2))
