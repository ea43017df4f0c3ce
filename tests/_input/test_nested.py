"""What may be in a list of sequences or in an array of them, and what is said of what may not."""

from collections import UserList, deque
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from tsrnn._input.nested import as_array, as_items, read_items, refuse_not_finite

FLAT = [np.array([1.0, 2.0, 3.0]), np.array([4.0]), np.array([5.0, 6.0])]
WIDE = [np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([[7.0, 8.0]])]

NaT = np.datetime64("NaT", "s")


def objects(items):
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def read(items, name="X"):
    """Read a list of sequences as `read_sequences` does."""
    items = as_items(items, name)
    assert items is not None
    values, lengths, has_columns = read_items(items, name)
    refuse_not_finite(values, lengths, name)
    return values, lengths, has_columns


CONTAINERS = {"list": list, "tuple": tuple, "object array": objects, "Series": pd.Series}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(
    "item",
    [np.asarray, np.ndarray.tolist, lambda a: tuple(a.tolist()), pd.Series, pd.array, list, objects]
    + [lambda a: np.ma.array(a), lambda a: a[::-1].copy()[::-1], lambda a: a.astype(">f8")],
)
def test_flat_sequences_may_come_in_whatever_holds_them(container, item):
    values, lengths, has_columns = read(container([item(sequence) for sequence in FLAT]))
    np.testing.assert_array_equal(values, [[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]])
    np.testing.assert_array_equal(lengths, [3, 1, 2])
    assert values.dtype == np.float64 and values.dtype.isnative and values.flags.c_contiguous
    assert not has_columns


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(
    "item", [np.asarray, np.ndarray.tolist, pd.DataFrame, list, np.asfortranarray, np.matrix]
)
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_sequences_of_several_features_may_come_in_whatever_holds_them(container, item):
    values, lengths, has_columns = read(container([item(sequence) for sequence in WIDE]))
    np.testing.assert_array_equal(values, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    np.testing.assert_array_equal(lengths, [3, 1])
    assert values.flags.c_contiguous
    assert has_columns


@pytest.mark.parametrize(
    "items",
    [
        [[Decimal("1.5"), True], [2]],
        [[Fraction(3, 2), np.True_], [np.int8(2)]],
        [np.array([1.5, 1.0]), np.array([2], dtype=np.uint8)],
        [np.array([1.5, 1.0], dtype=np.longdouble), np.array([2], dtype=np.float16)],
        [np.array([1.5, 1.0], dtype=np.float32), [2]],
        [np.array([1.5, 1.0], dtype=np.float32), np.array([2], dtype=np.int8)],
        [pd.Series([1.5, 1.0], dtype="Float64"), pd.Series([2], dtype="Int8")],
        [np.array([Decimal("1.5"), 1], dtype=object), (2.0,)],
    ],
)
def test_whatever_is_a_number_is_read_as_a_float(items):
    values, _, _ = read(items)
    np.testing.assert_array_equal(values, [[1.5], [1.0], [2.0]])
    assert values.dtype == np.float64


def test_single_precision_is_kept_where_all_items_have_it():
    assert read([a.astype(np.float32) for a in FLAT])[0].dtype == np.float32
    assert read([FLAT[0].astype(np.float32), FLAT[1]])[0].dtype == np.float64


BAD_ITEMS = [
    # What is not finite, or missing.
    ([FLAT[0], [1.0, np.nan]], ValueError, r"X\[1\] contains NaN at step 1, feature 0"),
    ([FLAT[0], [np.nan]], ValueError, r"X\[1\] contains NaN at step 0, feature 0"),
    ([WIDE[1], [[1, 2], [3, -np.inf]]], ValueError, r"X\[1\] contains infinity at step 1, featu"),
    ([[1, None], [2]], ValueError, r"X\[0\] contains NaN at step 1"),
    ([[1, pd.NA], [2]], ValueError, r"X\[0\] contains NaN at step 1"),
    ([[1, pd.NaT], [2]], ValueError, r"X\[0\] contains NaN at step 1"),
    ([pd.array([1, None], dtype="Int64")], ValueError, r"X\[0\] contains NaN at step 1"),
    ([pd.Series([1, None], dtype="Int64")], ValueError, r"X\[0\] contains NaN at step 1"),
    ([pd.DataFrame({"a": [1, None]})], ValueError, r"X\[0\] contains NaN at step 1, feature 0"),
    ([FLAT[0], np.ma.array(FLAT[2], mask=[0, 1])], ValueError, r"X\[1\] at step 1 is masked"),
    ([np.ma.array(WIDE[1], mask=[[0, 1]])], ValueError, r"X\[0\] at step 0, feature 1 is masked"),
    ([FLAT[0], np.full(2, 1e400, np.longdouble)], ValueError, r"X\[1\] contains infinity"),
    # What is no number.
    ([FLAT[0], None], TypeError, r"X\[1\] must be an array of numbers, got None"),
    ([FLAT[0], "ab"], TypeError, r"X\[1\] must be an array of numbers, got 'ab'"),
    ([FLAT[0], {1.0: 2.0}], TypeError, r"X\[1\] must be an array of numbers"),
    ([FLAT[0], object()], TypeError, r"X\[1\] is <object object"),
    ([FLAT[0], 3.0], ValueError, r"X\[1\] must have shape \(n_steps,\) or .* got \(\)"),
    ([FLAT[0], [1.0, "b"]], ValueError, r"X\[1\] at step 1 must be a number, got 'b'"),
    ([FLAT[0], ["1.0", "2.0"]], ValueError, r"X\[1\] at step 0 must be a number, got '1.0'"),
    ([FLAT[0], np.array(["b"])], ValueError, r"X\[1\] at step 0 must be a number, got 'b'"),
    ([WIDE[0], [[1, 2], [3, "b"]]], ValueError, r"X\[1\] at step 1, feature 1 must be a number"),
    ([FLAT[0], [1, 2j]], ValueError, r"Complex data not supported: X\[1\]"),
    ([FLAT[0], [1, Decimal(1), 2j]], ValueError, r"Complex data not supported: X\[1\] at step 2"),
    ([FLAT[0], FLAT[1] + 1j], ValueError, r"Complex data not supported: X\[1\]"),
    ([FLAT[0], FLAT[1].astype("M8[s]")], TypeError, r"X\[1\] must be numbers, got datetime64"),
    ([FLAT[0], FLAT[1].astype("m8[s]")], TypeError, r"X\[1\] must be numbers, got timedelta64"),
    ([FLAT[0], [pd.Timestamp(0)]], TypeError, r"X\[1\] at step 0 is Timestamp"),
    ([FLAT[0], [pd.Timedelta(1)]], TypeError, r"X\[1\] at step 0 is Timedelta"),
    (
        [FLAT[0], [Decimal(1), np.timedelta64(1, "s")]],
        TypeError,
        r"X\[1\] at step 1 is np.timedelta64",
    ),
    ([FLAT[0], [{}]], TypeError, r"X\[1\] at step 0 is {}"),
    ([pd.DataFrame({"a": [1], "b": pd.to_datetime([0])})], TypeError, r"X\[0\] at step 0, feat"),
    ([FLAT[0], np.zeros(2, [("a", float)])], TypeError, r"X\[1\] must be numbers"),
    ([scipy.sparse.eye_array(2)], TypeError, r"X\[0\] is a sparse matrix: .* X\[0\].toarray\(\)"),
    ([FLAT[0], [1, 10**400]], ValueError, r"X\[1\] has a number that is no float"),
    ([FLAT[0], [Decimal("sNaN")]], ValueError, r"X\[1\] has a number that is no float"),
    # Shapes.
    ([FLAT[0], FLAT[1][:0]], ValueError, r"X\[1\] has length 0: .* at least one step"),
    ([FLAT[0], []], ValueError, r"X\[1\] has length 0"),
    ([[1.0], []], ValueError, r"X\[1\] has length 0"),
    ([WIDE[0], WIDE[1][:0]], ValueError, r"X\[1\] has length 0"),
    ([WIDE[0][:, :0], WIDE[1][:, :0]], ValueError, r"X\[0\] has 0 features"),
    ([WIDE[0], WIDE[0][:, :1]], ValueError, r"X\[1\] has 1 feature\(s\), but X\[0\] has 2"),
    ([FLAT[0], WIDE[0]], ValueError, r"X\[1\] has shape \(3, 2\), but X\[0\] has \(3,\)"),
    ([WIDE[0], FLAT[0]], ValueError, r"X\[1\] has shape \(3,\), but X\[0\] has \(3, 2\)"),
    ([WIDE[0], WIDE[0][None]], ValueError, r"X\[1\] must have shape .* got \(1, 3, 2\)"),
    ([WIDE[0], [[1, 2], [3]]], ValueError, r"X\[1\] must have steps of equal lengths"),
    ([[[1, 2], [3, 4]], [[1, 2], [3]]], ValueError, r"X\[1\] must have steps of equal lengths"),
]


@pytest.mark.parametrize(("items", "error", "message"), BAD_ITEMS)
def test_what_is_wrong_with_a_list_is_said_with_the_place(items, error, message):
    with pytest.raises(error, match=message):
        read(items)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (None, TypeError, "X must be an array of numbers or a list of arrays, got NoneType"),
        ("word", TypeError, "X must be .* got str"),
        (b"word", TypeError, "X must be .* got bytes"),
        ({"a": [1.0]}, TypeError, "X must be .* got dict"),
        ({1.0, 2.0}, TypeError, "X must be .* got set"),
        (map(float, "12"), TypeError, "X must be .* got map"),
        ([], ValueError, r"X is empty, with 0 sample\(s\)"),
        ((), ValueError, r"X is empty"),
        (np.empty(0, object), ValueError, r"X is empty"),
    ],
)
def test_what_holds_no_sequences_is_refused(values, error, message):
    with pytest.raises(error, match=message):
        as_items(values, "X")


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        (np.zeros((3, 2)), (3, 2)),
        (np.zeros((3, 2), object), (3, 2)),
        (np.zeros((3, 2, 4)), (3, 2, 4)),
        (pd.DataFrame(np.zeros((3, 2))), (3, 2)),
        ([1, 2.0, True], (3,)),
        ([1, None], (2,)),
        (pd.Series([1.0, 2.0]), (2,)),
        (pd.Series([1, None], dtype="Int64"), (2,)),
        (pd.Series([Decimal(1), 2], dtype=object), (2,)),
        (np.array([Decimal(1), 2], dtype=object), (2,)),
        (np.ma.array([[1.0, 2.0]]), (1, 2)),
    ],
)
def test_what_makes_one_array_is_one(values, shape):
    assert as_items(values, "X") is None
    array = as_array(values, "X")
    assert array.shape == shape
    assert array.dtype.kind in "if"


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("n_features", [1, 2])
@pytest.mark.parametrize("item", [np.asarray, np.ndarray.tolist, pd.Series, tuple])
def test_sequences_of_one_length_are_read_as_those_of_several_are(container, n_features, item):
    arrays = [np.arange(6.0).reshape(6 // n_features, n_features) + i for i in range(4)]
    forms = arrays if n_features > 1 else [array.ravel() for array in arrays]
    if item in (pd.Series, tuple):
        item = {1: item, 2: list}[n_features]
    if container is objects and item is np.asarray:
        forms = list(map(np.asarray, forms))
    values, lengths, has_columns = read(container([item(one) for one in forms]))
    np.testing.assert_array_equal(values, np.concatenate(arrays))
    np.testing.assert_array_equal(lengths, [6 // n_features] * 4)
    assert has_columns == (n_features > 1)
    assert values.flags.c_contiguous


class OtherLibrarysColumn:
    """A column of sequences as polars and pyarrow have it: no Series, but NumPy can read it."""

    def __init__(self, items):
        self._items = items

    def __array__(self, dtype=None, copy=None):
        return objects(self._items)


@pytest.mark.parametrize(
    "column",
    [pd.Index, lambda items: pd.Series(items).array, deque, UserList, OtherLibrarysColumn],
    ids=["Index", "extension array", "deque", "UserList", "of another library"],
)
@pytest.mark.parametrize("n", [1, 3])
def test_columns_of_sequences_are_read_whatever_they_are_called(column, n):
    values, lengths, _ = read(column(FLAT[:n]))
    np.testing.assert_array_equal(values, np.concatenate(FLAT[:n])[:, None])
    np.testing.assert_array_equal(lengths, [3, 1, 2][:n])


def test_a_frame_with_a_column_of_sequences_is_refused_with_what_to_pass():
    frame = pd.DataFrame({"s": [[1.0, 2.0], [3.0]]})
    assert as_items(frame, "X") is None
    with pytest.raises(TypeError, match=r"X\[0\] at step 0 is a sequence itself: .* one column"):
        as_array(frame, "X")


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([[1, 2], [3, "b"]], ValueError, r"X\[1\] at step 1 must be a number, got 'b'"),
        ([["1", "2"]], ValueError, r"X\[0\] at step 0 must be a number, got '1'"),
        (np.array([["a", "b"]]), ValueError, r"X\[0\] at step 0 must be a number, got 'a'"),
        ([[[1, 2], [3, "b"]]], ValueError, r"X\[0\] at step 1, feature 1 must be a number"),
        (pd.DataFrame({"a": [1, 2], "b": [1, "x"]}), ValueError, r"X\[1\] at step 1 must be a nu"),
        (["a", "b"], ValueError, r"X\[0\] must be a number, got 'a'"),
        ([[1, 2], [3, 2j], [Decimal(1), 2]], ValueError, r"Complex data not supported: X\[1\]"),
        (np.zeros((2, 2), "M8[s]"), TypeError, "X must be numbers, got datetime64"),
        (pd.DataFrame({"a": [1], "b": pd.to_datetime([0])}), TypeError, r"X\['b'\] must be numb"),
        (pd.DataFrame({"b": pd.to_timedelta([0])}), TypeError, r"X\['b'\] must be numbers"),
        (pd.DataFrame({"b": pd.to_datetime([0], utc=True)}), TypeError, r"X\['b'\] must be numb"),
        ([[pd.Timestamp(0)]], TypeError, r"X\[0\] at step 0 is Timestamp"),
        (np.ma.array([[1.0, 2.0]], mask=[[0, 1]]), ValueError, r"X\[0\] at step 1 is masked"),
        (np.ma.array(np.zeros((1, 1, 2)), mask=[[[0, 1]]]), ValueError, "step 0, feature 1 is mas"),
        ([[10**400]], ValueError, "X has a number that is no float"),
    ],
)
def test_what_is_wrong_with_an_array_is_said_with_the_place(values, error, message):
    with pytest.raises(error, match=message):
        as_array(values, "X")


@pytest.mark.parametrize("missing", [None, pd.NA, np.nan, pd.NaT])
def test_what_is_missing_in_an_array_is_nan(missing):
    array = as_array([[1, missing], [Decimal(2), 3]], "X")
    np.testing.assert_array_equal(array, [[1.0, np.nan], [2.0, 3.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_of_floats_is_not_copied(dtype):
    array = np.ones((3, 2), dtype)
    assert as_array(array, "X") is array


@pytest.mark.parametrize(
    ("step", "feature", "place"),
    [(0, 0, r"X\[0\] .* step 0, feature 0"), (2, 1, r"X\[0\] .* step 2, feature 1")]
    + [(3, 0, r"X\[1\] .* step 0, feature 0"), (8, 1, r"X\[2\] .* step 4, feature 1")],
)
@pytest.mark.parametrize(("value", "name"), [(np.nan, "NaN"), (np.inf, "inf"), (-np.inf, "inf")])
def test_the_place_of_what_is_not_finite_is_found_in_its_sequence(
    step, feature, place, value, name
):
    values = np.zeros((9, 2))
    values[step, feature] = value
    values[8, 1] += np.nan  # only the first place is named
    with pytest.raises(ValueError, match=place if step < 8 else r"X\[2\] contains NaN at step 4"):
        refuse_not_finite(values, np.array([3, 1, 5]), "X")


def test_infinities_of_both_signs_do_not_hide_one_another():
    with pytest.raises(ValueError, match=r"X\[0\] contains infinity at step 1"):
        refuse_not_finite(np.array([[0.0], [np.inf], [-np.inf]]), np.array([3]), "X")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_numbers_may_overflow_in_their_sum(dtype):
    refuse_not_finite(np.full((4, 1), np.finfo(dtype).max), np.array([4]), "X")
