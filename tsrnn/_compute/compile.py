"""Compilation of kernels: at first use, and kept on the disk for the next process.

Importing numba takes longer than importing the rest of the library, so a kernel is declared by
its plain Python function and the text of its signature, and numba is imported when the first one
is called for. Numba's own cache stays out of this: two processes that fill it at once can leave one
kernel under the name of another, and it does not look at what a kernel calls in other files. What
ours depends on, and how it is written, is in `tsrnn._compute.code_cache`.
"""

from __future__ import annotations

import functools
import importlib
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_type_hints

import numpy as np

from tsrnn._compute import code_cache
from tsrnn._compute.threads import to_its_end
from tsrnn._version import __version__

_logger = logging.getLogger(__name__)

# Held while numba is told of functions and compiles.
_compiling = threading.RLock()

# A process that is forked while another thread compiles would find numba's locks held by a thread
# that it does not have, and what they guard half changed: a fork waits for the compiler.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_compiling.acquire,
        after_in_parent=_compiling.release,
        after_in_child=_compiling.release,
    )

# Called, where it is set, when compiling has taken so many seconds. The library itself is silent.
on_slow_compiling: Callable[[], None] | None = None
_SLOW = 1.0

# Numba's settings that compiled code does not depend on begin like this.
_SETTINGS_OF_OTHERS = ("CUDA", "CACHE", "NUMBA_", "THREADING", "COLOR", "SHOW_HELP", "GDB")


# Arrays of two and three dimensions in kernels' signatures.
SLAB = "f8[:,::1]"
SLABS = "f8[:,:,::1]"

# Fields of records: kernels take a NamedTuple by its name where they are declared with its class.
Vector = Annotated[np.ndarray, "f8[::1]"]
Integers = Annotated[np.ndarray, "i8[::1]"]
Slab = Annotated[np.ndarray, SLAB]
Slabs = Annotated[np.ndarray, SLABS]
_CODES = {bool: "b1", int: "i8", float: "f8"}


def writable(array: np.ndarray) -> np.ndarray:
    """Copy an array that is read-only, as in a model loaded as a memory map: kernels take none."""
    return array if array.flags.writeable else array.copy()


def uncounted(array):
    """Return a view of an array, or of a record's, that carries no reference count (in kernels).

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
_extensions: list[Callable[[], None]] = []


def numba_extension(teach: Callable[[], None]) -> Callable[[], None]:
    """Have a function called before the first kernel is compiled: it tells numba of new things."""
    _extensions.append(teach)
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
        Its signature in numba's notation. A NamedTuple of the function's module is written as a
        call with the types of its fields: "void(f8, Slabs(f8[:,:,::1],i8))".
    records : sequence of NamedTuple classes
        Those that the signature names alone, whose annotations have the types of their fields.
    as_step : bool
        Compile to a first-class function with a fixed address, which a loop takes as an argument,
        rather than to something that Python calls.
    """

    def __init__(
        self,
        function: Callable,
        signature: str,
        records: Sequence[type] = (),
        *,
        as_step: bool = False,
    ) -> None:
        self.function = function
        self.signature = signature
        self.records = records
        self.as_step = as_step
        self._code: Any = None

    @functools.cached_property
    def address(self) -> int:
        """Where the compiled step is in memory, for `function_at`."""
        return self.compiled.address

    @property
    def compiled(self) -> Callable:
        """The compiled function."""
        if self._code is None:
            # Numba's state and the compiler's are not to be left half-way by Ctrl-C.
            to_its_end(self._compile_once)
        return self._code

    def _compile_once(self) -> None:
        with _compiling:
            if self._code is None:
                self._code = self._compile()

    def _compile(self) -> Callable:
        import numba
        from numba.core import sigutils
        from numba.core.ccallback import CFunc

        if numba.config.DISABLE_JIT:
            raise RuntimeError(
                "NUMBA_DISABLE_JIT is set, and tsrnn computes in code that numba compiles: unset it"
            )
        _teach_numba()
        options = {"error_model": "numpy"}
        if self.as_step:
            code = CFunc(self.function, sigutils.normalize_signature(self._types()), {}, options)
            code._cache = _KernelCache(self)
            code.compile()
        else:
            code = numba.njit(nogil=True, **options)(self.function)
            code._cache = _KernelCache(self)
            code.compile(self._types())
            code.disable_compile()
        return code

    def _types(self) -> Any:
        """Return the signature of numba's types that the text stands for."""
        from numba.core import types

        called = {
            name: functools.partial(_record_type, item)
            for name, item in self.function.__globals__.items()
            if isinstance(item, type) and issubclass(item, tuple) and hasattr(item, "_fields")
        }
        named = {record.__name__: _annotated_type(record) for record in self.records}
        return eval(self.signature, {}, vars(types) | called | named)  # as numba does

    def __reduce__(self) -> tuple:
        """Pickle by name, as Python does functions: compiled code stays in its process."""
        return _kernel_named, (self.function.__module__, self.function.__qualname__)

    def __call__(self, *arguments):
        """Call the compiled function."""
        return self.compiled(*arguments)


def _record_type(record: type, *fields: Any) -> Any:
    """Return numba's type of a NamedTuple, given those of its fields."""
    from numba.core import types

    if len(fields) != len(record._fields):
        raise TypeError(f"{record.__name__} has {len(record._fields)} fields, not {len(fields)}")
    return types.BaseTuple.from_types(fields, record)


def _annotated_type(record: type) -> Any:
    """Return numba's type of a NamedTuple whose annotations have those of its fields."""
    from numba.core import sigutils

    hints = get_type_hints(record, include_extras=True).values()
    codes = [_CODES[hint] if hint in _CODES else hint.__metadata__[0] for hint in hints]
    fields, _ = sigutils.normalize_signature(f"({', '.join(codes)},)")
    return _record_type(record, *fields)


def _kernel_named(module: str, name: str) -> Kernel:
    return getattr(importlib.import_module(module), name)


def kernel(signature: str, *records: type, as_step: bool = False) -> Callable[[Callable], Kernel]:
    """Declare a function to be a kernel; see `Kernel`."""
    return lambda function: Kernel(function, signature, records, as_step=as_step)


def code_of(dtype: np.dtype) -> str:
    """Return numba's short name of a type of real numbers."""
    return f"f{np.dtype(dtype).itemsize}"


def kernel_of_both(signature: str) -> Callable[[Callable], dict[str, Kernel]]:
    """Declare a function to be a kernel for float32 and for float64, under "f4" and "f8".

    The signature lists its arguments: X is a number of that type, N, M and S are arrays of them in
    one to three dimensions, all else is as for `Kernel`; a NamedTuple is written without blanks.
    """
    own = {"X": "", "N": "[::1]", "M": "[:,::1]", "S": "[:,:,::1]"}

    def declare(function: Callable) -> dict[str, Kernel]:
        kernels = {}
        for code in ("f4", "f8"):
            types = re.sub(r"\b[XNMS]\b", lambda kind, code=code: code + own[kind[0]], signature)
            kernels[code] = Kernel(function, f"void({', '.join(types.split())})")
        return kernels

    return declare


class _KernelCache:
    """What numba asks for the compiled code of a kernel, and gives it to when it has compiled.

    It takes the place of numba's own cache for one function of one signature.
    """

    cache_path = None

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._name: str | None = None
        self._alarm: threading.Timer | None = None

    def load_overload(self, signature, target_context):
        """Return the compiled code, or None."""
        from numba.core.compiler import CompileResult

        target_context.refresh()
        self._name = self._entry_name(target_context.codegen())
        content = None if self._name is None else code_cache.read(self._name)
        if content is None:
            self._begin()
            return None
        import pickle

        return CompileResult._rebuild(target_context, *pickle.loads(content))

    def save_overload(self, signature, compiled) -> None:
        """Keep compiled code, but for what holds addresses of this process."""
        if self._alarm is not None:
            self._alarm.cancel()
        from numba.core.serialize import dumps

        if self._name is not None and not compiled.library.has_dynamic_globals:
            code_cache.write(self._name, dumps(compiled._reduce()))

    def _begin(self) -> None:
        """Look at the clock, for compiling begins now."""
        if on_slow_compiling is not None:
            self._alarm = threading.Timer(_SLOW, on_slow_compiling)
            self._alarm.daemon = True
            self._alarm.start()

    def _entry_name(self, codegen) -> str | None:
        """Name all that the code depends on; None where that cannot be known."""
        import llvmlite
        import numba

        function = self._kernel.function
        module, name = function.__module__, function.__qualname__
        try:
            sources = code_cache.sources_digest(module)
        except code_cache.UnknownSources as reason:
            _logger.info("%s is compiled in every process: %s", name, reason)
            return None
        settings = sorted(
            (setting, repr(value))
            for setting, value in vars(numba.config).items()
            if setting.isupper() and not setting.startswith(_SETTINGS_OF_OTHERS)
        )
        where = f"{module.removeprefix('tsrnn.')}.{name}"
        return code_cache.entry_name(
            where,
            [
                ("tsrnn", __version__, sources),
                ("function", function.__code__.co_firstlineno, self._kernel.signature),
                ("step", self._kernel.as_step),
                ("python", sys.version, sys.platform),
                ("numpy", np.__version__),
                ("numba", numba.__version__, settings),
                ("llvmlite", llvmlite.__version__, llvmlite.binding.llvm_version_info),
                ("processor", codegen.magic_tuple()),
            ],
        )


def _teach_numba() -> None:
    """Give the plain functions above, and those declared `inlined`, their compiled meaning."""
    _teach_numba_arrays()
    from numba.extending import register_jitable

    # What is taught is struck off when numba knows it, and not before.
    while _extensions:
        _extensions[-1]()
        _extensions.pop()
    while _inlined_functions:
        register_jitable(_inlined_functions[-1])
        _inlined_functions.pop()
    while _function_makers:
        _teach_numba_function_maker(*_function_makers[-1])
        _function_makers.pop()


def named(name: str, implementation: Callable) -> Callable:
    """Name what an overload is compiled from.

    Numba makes a symbol of the name, and all code of a process shares its symbols, that from the
    disk too: what means different things must not be called the same.
    """
    implementation.__qualname__ = name
    return implementation


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
    def without_count(typing_context, array):
        def generate(context, builder, signature, arguments):
            view = cgutils.create_struct_proxy(array)(context, builder, value=arguments[0])
            view.meminfo = cgutils.get_null_value(view.meminfo.type)
            view.parent = cgutils.get_null_value(view.parent.type)
            return view._getvalue()

        return array(array), generate

    @intrinsic
    def fields_without_count(typing_context, record):
        def generate(context, builder, signature, arguments):
            fields = cgutils.unpack_tuple(builder, arguments[0])
            for k, kind in enumerate(record):
                if isinstance(kind, types.Array):
                    view = cgutils.create_struct_proxy(kind)(context, builder, value=fields[k])
                    view.meminfo = cgutils.get_null_value(view.meminfo.type)
                    view.parent = cgutils.get_null_value(view.parent.type)
                    fields[k] = view._getvalue()
            return context.make_tuple(builder, record, fields)

        return record(record), generate

    @overload(uncounted)
    def _(array):
        if isinstance(array, types.BaseNamedTuple):
            return named("uncounted_record", lambda array: fields_without_count(array))
        return named("uncounted_array", lambda array: without_count(array))


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
        return named(f"function_at_{signature}", lambda address: first_class(address))
