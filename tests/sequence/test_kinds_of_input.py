"""What kind of sequences X holds depends on its types, and not on the lengths at hand."""

import numpy as np
import pandas as pd
import pytest
from sequence_data import (
    QUICK,
    cube,
    matrix,
    means,
    ragged,
)
from sklearn.model_selection import cross_val_score

from tsrnn import (
    ElmanRNNRegressor,
    GRURegressor,
    load,
    save,
)

# Training is cut short here, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:training stopped:sklearn.exceptions.ConvergenceWarning"
)


# The kind of X.

COLUMNS = {
    "list of lists": lambda arrays: [array.tolist() for array in arrays],
    "list of arrays": list,
    "tuple": lambda arrays: tuple(array.tolist() for array in arrays),
    "Series of lists": lambda arrays: pd.Series([array.tolist() for array in arrays]),
    "Series of arrays": pd.Series,
    "Index of arrays": pd.Index,
    "array of objects": lambda arrays: pd.Series(arrays).to_numpy(),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("n_features", [0, 2])
def test_lengths_that_happen_to_be_equal_change_nothing(column, n_features):
    """Neither at fit nor after it, of one row or several."""
    X = [array[:5] for array in ragged(40, n_features) if len(array) >= 4]
    y = means(X)
    same = [i for i, array in enumerate(X) if len(array) == 5]
    assert len(same) > 10
    for rows in (range(len(X)), same):
        arrays = [X[i] for i in rows]
        model = GRURegressor(**QUICK | {"max_iter": 2}).fit(column(arrays), y[rows])
        expected = model.predict(X)
        forms = [(column(X), slice(None)), (column([X[same[0]]]), same[:1])]
        forms += [] if n_features else [(np.array([X[i] for i in same]), same)]
        for form, which in forms:
            # Sequences that are read side by side are others: sums are rounded otherwise.
            np.testing.assert_allclose(model.predict(form), expected[which], rtol=1e-12)


@pytest.mark.parametrize("saved", [False, True])
def test_after_lists_of_one_length_lists_may_be_of_any_and_matrices_of_as_many_columns(
    saved, tmp_path
):
    X = matrix()
    model = GRURegressor(**QUICK | {"max_iter": 2}).fit(X.tolist(), means(X))
    if saved:
        save(model, tmp_path / "model")
        model = load(tmp_path / "model")
    assert model.n_features_in_ == 8
    np.testing.assert_array_equal(model.predict(X), model.predict(X.tolist()))
    for form in (list, np.ndarray.tolist):
        assert model.predict(form(X[:, :3])).shape == (60,)
    for other in (X[:, :3], X.T):
        with pytest.raises(ValueError, match="is expecting 8 features as input"):
            model.predict(other)
    with pytest.raises(ValueError, match="2 features a step"):
        model.predict(cube())
    nested = GRURegressor(**QUICK | {"max_iter": 2}).fit(X[:, :, None].tolist(), means(X))
    assert nested.n_features_in_ == 1


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_cross_validation_has_a_score_for_each_fold_whatever_its_lengths_are(column):
    """In all folds but one all lengths of training, or of testing, are equal."""
    X = [*matrix(20, 5), np.zeros(4), *matrix(9, 5, seed=1)]
    scores = cross_val_score(
        GRURegressor(**QUICK | {"max_iter": 2}), column(X), means(X), cv=3, error_score="raise"
    )
    assert np.isfinite(scores).all()


def test_predictions_by_step_are_laid_out_by_the_type_of_the_input():
    X = matrix(20, 5)
    model = GRURegressor(**QUICK | {"max_iter": 2}, return_sequences=True).fit(list(X), X)
    assert model.predict(X).shape == (20, 5)
    for form in (X.tolist(), list(X), pd.Series(list(X))):
        answer = model.predict(form)
        assert answer.shape == (20,) and answer.dtype == object
        np.testing.assert_array_equal(np.stack(list(answer)), model.predict(X))


def test_a_lazy_frame_is_told_how_to_become_a_frame():
    polars = pytest.importorskip("polars")
    lazy = polars.LazyFrame({"a": [1.0, 2.0], "b": [2.0, 3.0]})
    with pytest.raises(TypeError, match=r"X is no frame yet, but polars.LazyFrame: .*collect\(\)"):
        ElmanRNNRegressor(max_iter=2).fit(lazy, [1.0, 2.0])
