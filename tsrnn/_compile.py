"""Compilation of kernels: at first use, cached on disk, and without a cache where the disk refuses.

Importing numba takes longer than importing the rest of the library, so a kernel is declared by
its plain Python function and the text of its signature, and numba is imported when the first one
is called for. A kernel with the signature in its declaration is found again by the next process.
"""

from __future__ import annotations

import functools
import importlib
import logging
import pickle
import threading
from collections.abc import Callable

import numpy as np

_logger = logging.getLogger(__name__)

# Held while numba is told of functions and compiles.
_compiling = threading.RLock()

# What a missing, full, read-only or damaged cache raises. A broken kernel fails all the same: it is
# then compiled without a cache, and raises again.
_CACHE_FAULTS = (
    RuntimeError,
    OSError,
    EOFError,
    pickle.PickleError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    ValueError,
    TypeError,
    OverflowError,
    MemoryError,
)


def borrowed(array):
    """Return a view of an array that carries no reference count (inside kernels).

    Numba counts references at every slice, with atomic operations that cost ten times what a
    step of a small cell does. The caller of a kernel holds its arrays for the whole call, so a
    kernel may slice them uncounted. Never borrow an array that the kernel made itself: numba
    frees it after its last use, and the view does not count as one.
    """
    return array


def pointer(array):
    """Return the address of an array's first number, as a step takes it (inside kernels)."""
    raise NotImplementedError("only in compiled code")


# Functions that numba is told of when the first kernel is compiled.
_inlined_functions: list[Callable] = []
_function_makers: list[tuple[Callable, str]] = []
_lessons: list[Callable[[], None]] = []


def lesson(teach: Callable[[], None]) -> Callable[[], None]:
    """Have a function called before the first kernel is compiled: it tells numba of new things."""
    _lessons.append(teach)
    return teach


def function_at(signature: str) -> Callable:
    """Return what turns the address of a step into a function of this signature, in kernels.

    A loop could take the function itself, but numba then spends 10 microseconds a call on
    establishing that it is one; an address is an integer.
    """

    def make(address):
        raise NotImplementedError("only in compiled code")

    _function_makers.append((make, signature))
    return make


def inlined(function: Callable) -> Callable:
    """Let kernels call a plain function: numba compiles it into each of them."""
    _inlined_functions.append(function)
    return function


class Kernel:
    """A function that is compiled when first called.

    Parameters
    ----------
    function : callable
        The plain Python function, within numba's language.
    signature : str
        Its signature in numba's notation.
    as_step : bool
        Compile to a first-class function with a fixed address, which a loop takes as an argument,
        rather than to something that Python calls.
    """

    def __init__(self, function: Callable, signature: str, *, as_step: bool = False) -> None:
        self.function = function
        self.signature = signature
        self.as_step = as_step

    @functools.cached_property
    def address(self) -> int:
        """Where the compiled step is in memory, for `function_at`."""
        return self.compiled.address

    @functools.cached_property
    def compiled(self) -> Callable:
        """The compiled function."""
        with _compiling:
            return self._compile()

    def _compile(self) -> Callable:
        import numba

        _teach_numba()
        declare = functools.partial(
            numba.cfunc if self.as_step else functools.partial(numba.njit, nogil=True),
            error_model="numpy",
        )
        try:
            return declare(self.signature, cache=True)(self.function)
        except _CACHE_FAULTS as fault:
            _logger.info("compiling %s without a cache: %s", self.function.__qualname__, fault)
            return declare(self.signature)(self.function)

    def __reduce__(self) -> tuple:
        """Pickle by name, as Python does functions: compiled code stays in its process."""
        return _kernel_named, (self.function.__module__, self.function.__qualname__)

    def __call__(self, *arguments):
        """Call the compiled function."""
        return self.compiled(*arguments)


def _kernel_named(module: str, name: str) -> Kernel:
    return getattr(importlib.import_module(module), name)


def kernel(signature: str, *, as_step: bool = False) -> Callable[[Callable], Kernel]:
    """Declare a function to be a kernel; see `Kernel`."""
    return lambda function: Kernel(function, signature, as_step=as_step)


def code_of(dtype: np.dtype) -> str:
    """Return numba's short name of a type of real numbers."""
    return f"f{np.dtype(dtype).itemsize}"


def kernel_of_both(signature: str) -> Callable[[Callable], dict[str, Kernel]]:
    """Declare a function to be a kernel for float32 and for float64, under "f4" and "f8".

    The signature lists its arguments: X is a number of that type, N, M and S are arrays of them in
    one to three dimensions, all else is numba's.
    """
    own = {"X": "", "N": "[::1]", "M": "[:,::1]", "S": "[:,:,::1]"}

    def declare(function: Callable) -> dict[str, Kernel]:
        kernels = {}
        for code in ("f4", "f8"):
            arguments = [code + own[kind] if kind in own else kind for kind in signature.split()]
            kernels[code] = Kernel(function, f"void({', '.join(arguments)})")
        return kernels

    return declare


def _teach_numba() -> None:
    """Give the plain functions above, and those declared `inlined`, their compiled meaning."""
    _teach_numba_arrays()
    from numba.extending import register_jitable

    while _lessons:
        _lessons.pop()()
    while _inlined_functions:
        register_jitable(_inlined_functions.pop())
    while _function_makers:
        _teach_numba_function_maker(*_function_makers.pop())


@functools.cache
def _teach_numba_arrays() -> None:
    from numba.core import cgutils, types
    from numba.extending import intrinsic, overload

    @intrinsic
    def first_number(typing_context, array):
        def generate(context, builder, signature, arguments):
            view = cgutils.create_struct_proxy(array)(context, builder, value=arguments[0])
            return view.data

        return types.CPointer(array.dtype)(array), generate

    @overload(pointer)
    def _(array):
        return lambda array: first_number(array)

    @intrinsic
    def uncounted(typing_context, array):
        def generate(context, builder, signature, arguments):
            view = cgutils.create_struct_proxy(array)(context, builder, value=arguments[0])
            view.meminfo = cgutils.get_null_value(view.meminfo.type)
            view.parent = cgutils.get_null_value(view.parent.type)
            return view._getvalue()

        return array(array), generate

    @overload(borrowed)
    def _(array):
        return lambda array: uncounted(array)


def _teach_numba_function_maker(make: Callable, signature: str) -> None:
    from numba.core import cgutils, sigutils, types
    from numba.extending import intrinsic, overload

    arguments, result = sigutils.normalize_signature(signature)
    function_type = types.FunctionType(result(*arguments))

    @intrinsic
    def first_class(typing_context, address):
        def generate(context, builder, signature, arguments):
            nothing = cgutils.get_null_value(context.get_value_type(function_type))
            function = cgutils.create_struct_proxy(function_type)(context, builder, value=nothing)
            pointer = context.get_value_type(types.voidptr)
            function.c_addr = builder.inttoptr(arguments[0], pointer)
            return function._getvalue()

        return function_type(address), generate

    @overload(make)
    def _(address):
        return lambda address: first_class(address)
