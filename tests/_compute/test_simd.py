"""Vectors of lanes in kernels: functions to their last digits, products of every size."""

import numpy as np
import pytest

from tsrnn._compute.compile import kernel_of_both
from tsrnn._compute.declare import OwnSlab, OwnSlabs, OwnVector, code_of, pointer
from tsrnn._compute.simd import (
    first_lanes,
    load,
    logistic,
    panel_product,
    rectify,
    store,
    tanh,
    tile_product,
    where_positive,
)
from tsrnn._compute.vector_sizes import most_rows, n_lanes_of, tile_shape

DTYPES = [np.float32, np.float64]


@kernel_of_both
def tanh_kernel(x: OwnSlab, y: OwnSlab):
    for i in range(x.shape[0]):
        store(pointer(y), i, tanh(load(pointer(x), i)))


@kernel_of_both
def logistic_kernel(x: OwnSlab, y: OwnSlab):
    for i in range(x.shape[0]):
        store(pointer(y), i, logistic(load(pointer(x), i)))


@kernel_of_both
def rectify_kernel(x: OwnSlab, y: OwnSlab):
    for i in range(x.shape[0]):
        store(pointer(y), i, rectify(load(pointer(x), i)))


@kernel_of_both
def where_positive_kernel(x: OwnSlab, y: OwnSlab):
    for i in range(x.shape[0]):
        store(pointer(y), i, where_positive(load(pointer(x), i), load(pointer(y), i)))


@kernel_of_both
def first_lanes_kernel(x: OwnSlab, y: OwnSlab, n: int):
    store(pointer(y), 0, first_lanes(load(pointer(x), 0), n, 7.0))


@kernel_of_both
def arithmetic_kernel(x: OwnSlab, y: OwnSlab):
    a, b = load(pointer(x), 0), load(pointer(x), 1)
    store(pointer(y), 0, (1.0 - a) * b + a / b - 2.0)


@kernel_of_both
def panel_kernel(weights: OwnVector, x: OwnSlab, out: OwnSlab, adds: bool):
    panel_product(pointer(weights), pointer(x), pointer(out), out.shape[0], x.shape[0], adds)


@kernel_of_both
def tile_kernel(a: OwnSlabs, u: OwnSlabs, out: OwnSlab, n_rows: int, n_columns: int):
    tile_product(
        pointer(a),
        pointer(u),
        a.shape[0],
        a.shape[1],
        u.shape[1],
        pointer(out),
        out.shape[1],
        n_rows,
        n_columns,
    )


def rows_of(numbers, dtype):
    """Numbers as rows of lanes, the last row filled up with zeros."""
    n_lanes = n_lanes_of(np.dtype(dtype))
    n_rows = -(-len(numbers) // n_lanes)
    return (
        np.resize(np.append(numbers, np.zeros(n_rows * n_lanes - len(numbers))), n_rows * n_lanes)
        .astype(dtype)
        .reshape(n_rows, n_lanes)
    )


def apply(kernels, x):
    y = np.empty_like(x)
    kernels[code_of(x.dtype)](x, y)
    return y


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_hyperbolic_tangent_is_right_to_two_units_of_the_last_place(dtype, sign):
    """In relative terms, so for numbers next to zero as well."""
    numbers = np.concatenate([np.geomspace(1e-30, 30.0, 20_000), np.linspace(0.0, 20.0, 20_000)])
    x = rows_of(sign * numbers, dtype)
    expected = np.tanh(x.astype(np.longdouble))
    error = np.abs(apply(tanh_kernel, x) - expected)
    assert (error <= 2.0 * np.finfo(dtype).eps * np.abs(expected)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_logistic_function_is_right_to_the_last_places_of_one(dtype):
    x = rows_of(np.linspace(-40.0, 40.0, 40_000), dtype)
    expected = 1.0 / (1.0 + np.exp(-x.astype(np.longdouble)))
    y = apply(logistic_kernel, x)
    # By way of tanh: relative to 1, not to small values.
    assert np.abs(y - expected).max() <= 2.0 * np.finfo(dtype).eps
    assert (y >= 0.0).all() and (y <= 1.0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kernels", [tanh_kernel, logistic_kernel, rectify_kernel])
def test_what_is_not_a_number_stays_so_and_leaves_its_neighbours_alone(dtype, kernels):
    x = rows_of([1.0, np.nan, -1.0], dtype)
    y = apply(kernels, x)
    assert np.isnan(y[0, 1]) and np.isfinite(np.delete(y, 1)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ends_of_the_line_are_where_functions_go(dtype):
    x = rows_of([np.inf, -np.inf, 0.0, 1e30, -1e30], dtype)
    np.testing.assert_array_equal(apply(tanh_kernel, x)[0, :5], [1.0, -1.0, 0.0, 1.0, -1.0])
    np.testing.assert_array_equal(apply(logistic_kernel, x)[0, :5], [1.0, 0.0, 0.5, 1.0, 0.0])
    np.testing.assert_array_equal(apply(rectify_kernel, x)[0, :3], [np.inf, 0.0, 0.0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_lanes_are_chosen_by_sign_and_by_place(dtype):
    n_lanes = n_lanes_of(np.dtype(dtype))
    x = rows_of(np.array([1.0, -1.0, 0.0, np.nan, 2.0]), dtype)
    y = np.full_like(x, 5.0)
    where_positive_kernel[code_of(x.dtype)](x, y)
    # A lane whose condition is not a number keeps its own: the loss will tell.
    np.testing.assert_array_equal(y[0, :5], [5.0, 0.0, 0.0, 5.0, 5.0])
    for n in (0, 1, n_lanes - 1, n_lanes):
        first_lanes_kernel[code_of(x.dtype)](x, y, n)
        np.testing.assert_array_equal(y[0, :n], x[0, :n])
        np.testing.assert_array_equal(y[0, n:], 7.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_operators_are_those_of_numpy(dtype):
    a, b = np.random.default_rng(0).normal(size=(2, n_lanes_of(np.dtype(dtype)))).astype(dtype)
    y = apply(arithmetic_kernel, np.stack([a, b]))
    np.testing.assert_array_max_ulp(y[0], (1 - a) * b + a / b - dtype(2.0), maxulp=64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("adds", [False, True])
def test_panels_of_every_height_multiply(dtype, adds):
    rng, n_lanes = np.random.default_rng(0), n_lanes_of(np.dtype(dtype))
    for n_rows in range(1, most_rows() + 1):
        for n_terms in (0, 1, 2, 7, 33):
            matrix = rng.normal(size=(n_rows, n_terms)).astype(dtype)
            x = rng.normal(size=(n_terms, n_lanes)).astype(dtype)
            out = rng.normal(size=(n_rows, n_lanes)).astype(dtype)
            expected = matrix.astype(float) @ x + (out if adds else 0.0)
            panel_kernel[code_of(x.dtype)](matrix.T.ravel().copy(), x, out, adds)
            # Sums of some tens of terms.
            np.testing.assert_allclose(out, expected, atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_tiles_of_every_shape_add_products_over_steps_and_lanes(dtype):
    rng, n_lanes = np.random.default_rng(0), n_lanes_of(np.dtype(dtype))
    for n_rows in range(1, tile_shape()[0] + 1):
        for n_columns in range(1, tile_shape()[1] + 1):
            a = rng.normal(size=(9, n_rows + 2, n_lanes)).astype(dtype)
            u = rng.normal(size=(9, n_columns + 1, n_lanes)).astype(dtype)
            out = np.ones((n_rows + 1, n_columns + 3), dtype)
            tile_kernel[code_of(a.dtype)](a, u, out, n_rows, n_columns)
            expected = np.ones_like(out, dtype=float)
            expected[:n_rows, :n_columns] += np.einsum(
                "til,tjl->ij", a[:, :n_rows].astype(float), u[:, :n_columns]
            )
            # Sums of over a hundred terms; nothing beyond the tile is touched.
            np.testing.assert_allclose(out, expected, atol=1000 * np.finfo(dtype).eps)
