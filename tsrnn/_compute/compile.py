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
from typing import Any, TypeVar, get_type_hints

from tsrnn._compute import entry, machine_code
from tsrnn._compute.declare import Argument, ArrayOf, Source
from tsrnn._compute.threads import to_its_end

Function = TypeVar("Function", bound=Callable[..., None])

_NUMBERS = {bool: ArrayOf("b1", 0), int: ArrayOf("i8", 0), float: ArrayOf("f8", 0)}


# All kernels and steps of this process.
declared: list[_LoadedOnce] = []


class _LoadedOnce(Source):
    """A source whose machine code is in memory from its first use on."""

    def __init__(self) -> None:
        self._code: Any = None
        declared.append(self)

    def load(self) -> Any:
        """Return the code in memory, which is compiled if nobody has."""
        if self._code is None:
            # The compiler's state is not to be left half-way by Ctrl-C.
            to_its_end(self._load_once)
        return self._code

    def _load_once(self) -> None:
        with machine_code.loading:
            if self._code is None:
                self._code = self._found()

    def _found(self) -> Any:
        raise NotImplementedError


class Kernel(_LoadedOnce):
    """A function that is compiled when first called.

    Parameters
    ----------
    function : callable
        The plain Python function, within numba's language, of annotated arguments: int, float,
        bool, an array by a name in `tsrnn._compute.declare`, or a NamedTuple of such fields.
    own : str
        The type of the arguments that are of the kernel's own, "f4" or "f8".
    """

    def __init__(self, function: Callable, own: str = "f8") -> None:
        super().__init__()
        self.function = function
        self.own = own

    @functools.cached_property
    def arguments(self) -> tuple[Argument, ...]:  # type: ignore[override]  # found when asked
        """The arguments that the function takes."""
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
    def signature(self) -> str:  # type: ignore[override]  # found when asked
        """The types of all arguments, as text."""
        return " ".join(
            f"{part.code}{part.n_dimensions}" for taken in self.arguments for part in taken.parts
        )

    def _found(self) -> Callable:
        return machine_code.function_of(self)

    def __reduce__(self) -> tuple:
        """Pickle by name, as Python does functions: compiled code stays in its process."""
        return _kernel_named, (self.function.__module__, self.function.__qualname__, self.own)

    def __call__(self, *arguments) -> None:
        """Call the compiled function."""
        wrong = (self._code or self.load())(*arguments)
        if wrong is not None:
            self._call_again(wrong, arguments)

    def _call_again(self, wrong: int, arguments: tuple) -> None:
        """Call with what NumPy makes of the arrays, or say what they should be."""
        name = self.function.__name__
        if wrong == 0:
            taken = [len(one.parts) if one.record else "" for one in self.arguments]
            raise TypeError(
                f"{name} takes {len(taken)} arguments, records of as many fields as {taken} says"
            )
        if wrong > 0:
            wrong = self.load()(*map(_plain, self.arguments, arguments))
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
            f"{part.code} in rows, got {entry.words_for(found)}"
        )


def _plain(taken: Argument, given: Any) -> Any:
    if taken.record is None:
        return entry.plain_array(given, taken.parts[0])
    return taken.record(*map(entry.plain_array, given, taken.parts))


class Step(_LoadedOnce):
    """A function of addresses and whole numbers, which loops in kernels call by its own address.

    Parameters
    ----------
    function : callable
        The plain Python function.
    signature : str
        Its signature in numba's notation.
    """

    def __init__(self, function: Callable, signature: str) -> None:
        super().__init__()
        self.function = function
        self.signature = signature
        self.arguments = None

    @property
    def address(self) -> int:
        """The address of the compiled step in memory, for `function_at`."""
        return self.load()

    def _found(self) -> int:
        return machine_code.address_of(self)

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


def kernel(function: Function) -> Function:
    """Declare a function to be a kernel; see `Kernel`, which is called as the function is."""
    return Kernel(function)  # type: ignore[return-value]


def kernel_of_both(function: Function) -> dict[str, Function]:
    """Declare a function to be a kernel for float32 and for float64, under "f4" and "f8"."""
    return {own: Kernel(function, own) for own in ("f4", "f8")}  # type: ignore[misc]


def step_kernel_of(signature: str) -> Callable[[Callable], Step]:
    """Declare functions of this signature to be steps; see `Step`."""
    return lambda function: Step(function, signature)
