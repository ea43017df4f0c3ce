"""Vectors of lanes, for kernels: what sixteen sequences hold at one place of a network.

A vector is one cache line wide, 16 numbers in float32 or 8 in float64, and every lane of it belongs
to another sequence. Kernels read and write rows of lanes by an address and the number of the row,
and reckon with vectors by the usual operators, with one another or with a plain number. Written
out, rather than left to the compiler to find in a loop over lanes, vectors stay in registers.
"""

from __future__ import annotations

from tsrnn._compute.declare import numba_extension


def load(address, row):
    """Return the vector at a row of lanes."""
    raise NotImplementedError("only in compiled code")


def store(address, row, vector):
    """Write a vector to a row of lanes."""
    raise NotImplementedError("only in compiled code")


def fill(address, row, number):
    """Write one number to all lanes of a row."""
    raise NotImplementedError("only in compiled code")


def first_lanes(vector, n, number):
    """Return a vector with all but its first n lanes put to a number."""
    raise NotImplementedError("only in compiled code")


def rectify(vector):
    """Return zero in the lanes that are not above it, NaN in those that are NaN."""
    raise NotImplementedError("only in compiled code")


def where_positive(condition, vector):
    """Return a vector's lanes where those of the condition are above zero, else zero."""
    raise NotImplementedError("only in compiled code")


def tanh(vector):
    """Return the hyperbolic tangent, to a few roundings."""
    raise NotImplementedError("only in compiled code")


def logistic(vector):
    """Return 1 / (1 + exp(-x)), by way of the hyperbolic tangent, which cannot overflow."""
    raise NotImplementedError("only in compiled code")


def panel_product(weights, x, out, n_rows, n_terms, adds):
    """Write (or add) sums over terms of weight times vector to the rows of a panel.

    out[i] = sum over k of weights[k * n_rows + i] * x[k], for i < n_rows, which is `most_rows()` at
    most; the sums stay in registers. With `adds` they begin at what out holds.
    """
    raise NotImplementedError("only in compiled code")


def tile_product(a, u, n_steps, a_stride, u_stride, out, out_stride, n_rows, n_columns):
    """Add sums over steps and lanes of products of rows to a tile of a matrix.

    out[i * out_stride + j] += sum over t, lanes of a[t * a_stride + i] * u[t * u_stride + j], where
    a and u count in rows of lanes, n_rows and n_columns up to `tile_shape()`.
    """
    raise NotImplementedError("only in compiled code")


def gather_rows(table, stride, which, rows, n_rows):
    """Look a row of a table up for every lane, and write them as rows of lanes.

    rows[i][lane] = table[which[lane] * stride + i], for i < n_rows; the stride is a multiple of the
    number of lanes, for what is read is whole vectors, turned on the way.
    """
    raise NotImplementedError("only in compiled code")


def scatter_rows(rows, n_rows, which, table, stride):
    """Add what rows of lanes hold to rows of a table: the adjoint of `gather_rows`."""
    raise NotImplementedError("only in compiled code")


@numba_extension
def _teach_vectors() -> None:
    from tsrnn._compute import vector_code

    vector_code.teach(
        [
            load,
            store,
            fill,
            first_lanes,
            rectify,
            where_positive,
            tanh,
            logistic,
            panel_product,
            tile_product,
            gather_rows,
            scatter_rows,
        ]
    )
