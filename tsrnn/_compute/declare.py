"""Declarations of kernels: types of arrays, functions that only compiled code has.

A kernel's function is annotated with what it takes (see `tsrnn._compute.compile`). Numba is told of
all that is listed here when it is first needed (see `tsrnn._compute.numba_code`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable)


class ArrayOf(NamedTuple):
    """An array in rows (C order), or a number where it has no dimensions.

    Attributes
    ----------
    code : {"f8", "f4", "i8", "i4", "i1", "b1", "own"}
        The numbers' type; "own" is that which the kernel is compiled for.
    n_dimensions : int
    """

    code: str
    n_dimensions: int


Vector = Annotated[np.ndarray, ArrayOf("f8", 1)]
Slab = Annotated[np.ndarray, ArrayOf("f8", 2)]
Slabs = Annotated[np.ndarray, ArrayOf("f8", 3)]
StackedSlabs = Annotated[np.ndarray, ArrayOf("f8", 4)]
Integers = Annotated[np.ndarray, ArrayOf("i8", 1)]
IntegerTable = Annotated[np.ndarray, ArrayOf("i8", 2)]
Tokens = Annotated[np.ndarray, ArrayOf("i4", 1)]
Booleans = Annotated[np.ndarray, ArrayOf("b1", 1)]
Stop = Annotated[np.ndarray, ArrayOf("i1", 1)]

# Of the type of numbers that a kernel of both is compiled for.
OwnNumber = Annotated[float, ArrayOf("own", 0)]
OwnVector = Annotated[np.ndarray, ArrayOf("own", 1)]
OwnSlab = Annotated[np.ndarray, ArrayOf("own", 2)]
OwnSlabs = Annotated[np.ndarray, ArrayOf("own", 3)]


class Argument(NamedTuple):
    """An argument of a kernel, under one name: a record of several arrays and numbers, or one."""

    record: type | None
    parts: tuple[ArrayOf, ...]


class Source:
    """The source that machine code is made of.

    Attributes
    ----------
    function : callable
        A plain Python function, within numba's language.
    signature : str
        Its types: in numba's notation where it has no `arguments`.
    arguments : tuple of Argument or None
        What Python hands over; None for a function of addresses and numbers, which other machine
        code calls.
    """

    function: Callable
    signature: str
    arguments: tuple[Argument, ...] | None


def writable(array: np.ndarray) -> np.ndarray:
    """Copy an array that is read-only, as in a model loaded as a memory map: kernels take none."""
    return array if array.flags.writeable else array.copy()


def shaped(array, shape):
    """Return the first numbers of an array as one of another shape, of whole numbers (in kernels).

    As `reshape` does, but for the check that there are as many.
    """
    raise NotImplementedError("only in compiled code")


def pointer(array):
    """Return the address of an array's first number, as a step takes it (in kernels)."""
    raise NotImplementedError("only in compiled code")


# What numba is told when the first kernel is compiled; struck off when it knows.
inlined_functions: list[Callable] = []
function_makers: list[tuple[Callable, str]] = []
numba_extensions: list[Callable[[], None]] = []


def numba_extension(teach: Callable[[], None]) -> Callable[[], None]:
    """Have a function called before the first kernel is compiled: it tells numba of new things."""
    numba_extensions.append(teach)
    return teach


def function_at(signature: str) -> Callable:
    """Return what turns the address of a step into a function of this signature, in kernels.

    A loop could take the function itself, but an address is an integer.
    """

    def make(address):
        raise NotImplementedError("only in compiled code")

    function_makers.append((make, signature))
    return make


def inlined(function: Function) -> Function:
    """Let kernels call a plain function: numba compiles it into each of them."""
    inlined_functions.append(function)
    return function


def code_of(dtype: np.dtype) -> str:
    """Return the short name of a type of real numbers, "f4" or "f8"."""
    return f"f{np.dtype(dtype).itemsize}"
