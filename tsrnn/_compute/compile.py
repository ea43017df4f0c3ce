"""Kernels: plain functions whose annotations give the types of what machine code is made of them.

A kernel is called by the address of its code, which is read from the package, where a wheel brought
it, or from the disk, where a process has compiled it before, or else compiled now (see
`tsrnn._compute.machine_code`, `code_cache` and `numba_code`). Numba, whose import takes longer than
that of the rest of the library, is imported only to compile.

Kernels allocate nothing and return nothing: those who call them make room for what they write. So
there is no counting of references in loops, and code that needs no more than the C library.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, get_type_hints

import numpy as np

from tsrnn._compute import machine_code
from tsrnn._compute.threads import to_its_end


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

_NUMBERS = {bool: ArrayOf("b1", 0), int: ArrayOf("i8", 0), float: ArrayOf("f8", 0)}


class Argument(NamedTuple):
    """What a kernel takes under one name: a record of several arrays and numbers, or one."""

    record: type | None
    parts: tuple[ArrayOf, ...]


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


def inlined(function: Callable) -> Callable:
    """Let kernels call a plain function: numba compiles it into each of them."""
    inlined_functions.append(function)
    return function


# All kernels and steps of this process.
declared: list[Kernel | Step] = []


class Kernel:
    """A function that is compiled when first called.

    Parameters
    ----------
    function : callable
        The plain Python function, within numba's language, of annotated arguments: int, float,
        bool, an array by one of the names above, or a NamedTuple of such fields.
    own : str
        The type of the arguments that are of the kernel's own, "f4" or "f8".
    """

    def __init__(self, function: Callable, own: str = "f8") -> None:
        self.function = function
        self.own = own
        self._code: Callable | None = None
        declared.append(self)

    @functools.cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """What the function takes."""
        hints = get_type_hints(self.function, include_extras=True)
        hints.pop("return", None)
        return tuple(self._argument(hint) for hint in hints.values())

    def _argument(self, hint: Any) -> Argument:
        if isinstance(hint, type) and hasattr(hint, "_fields"):
            fields = get_type_hints(hint, include_extras=True).values()
            return Argument(hint, tuple(self._part(field) for field in fields))
        return Argument(None, (self._part(hint),))

    def _part(self, hint: Any) -> ArrayOf:
        part = _NUMBERS[hint] if hint in _NUMBERS else hint.__metadata__[0]
        return part._replace(code=self.own) if part.code == "own" else part

    @property
    def signature(self) -> str:
        """The types of all arguments, as text."""
        return " ".join(
            f"{part.code}{part.n_dimensions}" for taken in self.arguments for part in taken.parts
        )

    @property
    def compiled(self) -> Callable:
        """The compiled function."""
        if self._code is None:
            # The compiler's state is not to be left half-way by Ctrl-C.
            to_its_end(self._load_once)
        return self._code

    def _load_once(self) -> None:
        with machine_code.loading:
            if self._code is None:
                self._code = machine_code.function_of(self)

    def load(self) -> None:
        """Have the code in memory, compiling it if nobody has."""
        _ = self.compiled

    def __reduce__(self) -> tuple:
        """Pickle by name, as Python does functions: compiled code stays in its process."""
        return _kernel_named, (self.function.__module__, self.function.__qualname__, self.own)

    def __call__(self, *arguments) -> None:
        """Call the compiled function."""
        wrong = (self._code or self.compiled)(*arguments)
        if wrong is not None:
            self._call_again(wrong, arguments)

    def _call_again(self, wrong: int, arguments: tuple) -> None:
        """Call with what NumPy makes of the arrays, or say what they should be."""
        name = self.function.__name__
        if wrong == 0:
            raise TypeError(f"{name} takes {len(self.arguments)} arguments, got {len(arguments)}")
        if wrong > 0:
            wrong = self.compiled(*map(_plain, self.arguments, arguments))
        if wrong is None:
            return
        if wrong < 0:
            raise RuntimeError(f"{name} has failed in compiled code")
        parts = [
            (part, value)
            for taken, given in zip(self.arguments, arguments, strict=True)
            for part, value in zip(
                taken.parts, given if taken.record is not None else [given], strict=True
            )
        ]
        part, found = parts[wrong - 1]
        raise TypeError(
            f"{name}: argument {wrong} must be a writable {part.n_dimensions}-dimensional array of "
            f"{part.code} in rows, got {machine_code.words_for(found)}"
        )


def _plain(taken: Argument, given: Any) -> Any:
    if taken.record is None:
        return machine_code.plain_array(given, taken.parts[0])
    return taken.record(*map(machine_code.plain_array, given, taken.parts))


class Step:
    """A function of addresses and whole numbers, which loops in kernels call by its own address.

    Parameters
    ----------
    function : callable
        The plain Python function.
    signature : str
        Its signature in numba's notation.
    """

    def __init__(self, function: Callable, signature: str) -> None:
        self.function = function
        self.signature = signature
        self._address: int | None = None
        declared.append(self)

    @property
    def address(self) -> int:
        """Where the compiled step is in memory, for `function_at`."""
        if self._address is None:
            to_its_end(self._load_once)
        return self._address

    def _load_once(self) -> None:
        with machine_code.loading:
            if self._address is None:
                self._address = machine_code.address_of(self)

    def load(self) -> None:
        """Have the code in memory, compiling it if nobody has."""
        _ = self.address

    def __reduce__(self) -> tuple:
        """Pickle by name, as Python does functions."""
        return _step_named, (self.function.__module__, self.function.__qualname__, self.signature)


def _kernel_named(module: str, name: str, own: str) -> Kernel:
    found = getattr(importlib.import_module(module), name)
    return found[own] if isinstance(found, dict) else found


def _step_named(module: str, name: str, signature: str) -> Step:
    found = getattr(importlib.import_module(module), name)
    candidates = found.values() if isinstance(found, dict) else [found]
    return next(one for one in candidates if one.signature == signature)


def kernel(function: Callable) -> Kernel:
    """Declare a function to be a kernel; see `Kernel`."""
    return Kernel(function)


def kernel_of_both(function: Callable) -> dict[str, Kernel]:
    """Declare a function to be a kernel for float32 and for float64, under "f4" and "f8"."""
    return {own: Kernel(function, own) for own in ("f4", "f8")}


def step_kernel_of(signature: str) -> Callable[[Callable], Step]:
    """Declare functions of this signature to be steps; see `Step`."""
    return lambda function: Step(function, signature)


def code_of(dtype: np.dtype) -> str:
    """Return the short name of a type of real numbers, "f4" or "f8"."""
    return f"f{np.dtype(dtype).itemsize}"
