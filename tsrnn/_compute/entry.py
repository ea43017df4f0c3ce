"""The entry of machine code: what it is called by, what it knows, and what Python makes of it.

An entry takes objects as Python hands them over and looks at their types itself: see
`tsrnn._compute.numba_code`, which writes it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from tsrnn._compute.declare import ArrayOf

# What an object file calls its entry.
ENTRY = "tsrnn_entry"

# What it calls the numbers that are filled in when it is loaded, as many, and types of arrays in
# their order there.
KNOWN = "tsrnn_known"
CODES = ("f8", "f4", "i8", "i4", "i1", "b1")
N_KNOWN = 3 + len(CODES)

# What entries call of Python's stable interface.
OF_PYTHON = (
    "PyErr_Clear",
    "PyErr_Occurred",
    "PyEval_RestoreThread",
    "PyEval_SaveThread",
    "PyFloat_AsDouble",
    "PyLong_AsLongLong",
    "PyLong_FromLongLong",
    "PyObject_IsTrue",
    "PyTuple_GetItem",
    "PyTuple_Size",
    "Py_IncRef",
)


class _Method(ctypes.Structure):
    """Python's description of a function that machine code is."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


# Of `_Method.flags`: arguments come as a vector of objects and their number.
_FASTCALL = 0x80


# What Python's functions are made of, which they do not own.
_methods: list[_Method] = []


def python_function(name: str, address: int, known_at: int) -> Callable:
    """Return the function that Python calls by an entry, whose known numbers are filled in."""
    known = _known()
    ctypes.memmove(known_at, known.ctypes.data, known.nbytes)
    method = _Method(name.encode(), address, _FASTCALL, None)
    _methods.append(method)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.argtypes, make.restype = [ctypes.c_void_p] * 3, ctypes.py_object
    return make(ctypes.addressof(method), None, None)


def addresses_of_python() -> dict[str, int]:
    """Return where the functions are that entries call, for not every process shows them to all."""
    return {
        name: ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0
        for name in OF_PYTHON
    }


def _known() -> np.ndarray:
    """Return what entries compare with: addresses of Python's own, and the size of their head."""
    types = [np.dtype(code) for code in CODES]
    known = [id(None), object.__basicsize__, id(np.ndarray), *map(id, types)]
    return np.array(known, dtype=np.int64)


def plain_array(array: Any, part: ArrayOf) -> Any:
    """Return an array of the very types that entries know, with the same memory, if it is one."""
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(part.code):
        return array
    return np.asarray(array).view(np.dtype(part.code))


def words_for(argument: Any) -> str:
    """Say what an argument is, in an error."""
    if not isinstance(argument, np.ndarray):
        return type(argument).__name__
    return (
        f"{argument.ndim} dimensions of {argument.dtype.str}"
        f"{'' if argument.flags.writeable else ', read-only'}"
        f"{'' if argument.flags.c_contiguous else ', not in rows'}"
    )
