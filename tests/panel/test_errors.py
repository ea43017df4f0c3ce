"""Errors of panels: their words, their fields, and that joblib's workers can hand them over."""

import pickle

import pytest

from tsrnn.forecasting.series_error import NumberedSeriesError
from tsrnn.panel.errors import AllFailedError, CellError, CellProblem, SeriesError

CELL = CellError(CellProblem.NO_NUMBER, "y", "x", 3, ": mend it")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (CELL, "y must be a number, got 'x' in row 3: mend it"),
        (SeriesError("a", CELL), f"series 'a': {CELL}"),
        (AllFailedError(2, 7, CELL), f"all 2 series failed; the first, 7: {CELL}"),
        (NumberedSeriesError(4, "is too short"), "series 4 is too short"),
    ],
)
def test_an_error_has_its_words_and_fields_after_a_pickle(error, message):
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) == message
    assert {name: str(value) for name, value in vars(copy).items()} == {
        name: str(value) for name, value in vars(error).items()
    }


def test_a_cell_is_told_of_at_another_place_and_by_another_name():
    assert (
        CELL.message("on line 5", "price") == "price must be a number, got 'x' on line 5: mend it"
    )
