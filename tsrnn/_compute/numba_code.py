"""Compiling of kernels by numba, to object files. Imported when there is something to compile.

An object file's entry is written here in LLVM's language. It reads NumPy's arrays where they are in
memory: after an object's head come the address of the numbers, how many dimensions there are, the
addresses of their lengths and strides, of the owner and of the type, and flags.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import llvmlite.binding as llvm
from llvmlite import ir
from numba import config
from numba.core import cgutils, sigutils, types
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.registry import cpu_target
from numba.extending import lower_builtin, register_jitable, type_callable
from numba.np import arrayobj

from tsrnn._compute import declare
from tsrnn._compute.declare import ArrayOf, Source
from tsrnn._compute.entry import CODES, ENTRY, KNOWN, N_KNOWN, OF_PYTHON
from tsrnn._compute.processor import target_machine

# No allocation, which needs numba in the process, and division as NumPy's.
_OPTIONS = {"nopython": True, "error_model": "numpy", "_nrt": False}

# What kernels may call besides: of the C library, which every process has.
_OF_C = {"memset", "memcpy", "memmove"}.union(
    *({name, f"{name}f"} for name in ("sqrt", "exp", "log", "pow", "tanh"))
)

# Bytes from the end of an object's head.
_DATA, _N_DIMENSIONS, _LENGTHS, _TYPE, _FLAGS = 0, 8, 16, 40, 48
_IN_ROWS, _ALIGNED, _WRITABLE = 0x1, 0x100, 0x400

_BYTE, _INT, _WORD = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_OBJECT = _BYTE.as_pointer()


class _ToLibrary(_FunctionCompiler):
    """Stops before anything is put in memory, and makes nothing for Python to call."""

    def _customize_flags(self, flags):
        flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.no_compile = True
        return flags


def object_file(code: Source) -> bytes:
    """Compile a kernel or a step."""
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise RuntimeError(
            "NUMBA_DISABLE_JIT is set, and tsrnn computes in code that numba compiles: unset it"
        )
    with global_compiler_lock:
        _teach_numba()
        compiler = _ToLibrary(code.function, cpu_target, _OPTIONS, {}, Compiler)
        is_step = code.arguments is None
        kinds = sigutils.normalize_signature(code.signature)[0] if is_step else _types_of(code)
        made = compiler.compile(tuple(kinds), types.void)
        context = cpu_target.target_context
        module = context.create_module("entry")
        callee = ir.Function(
            module,
            context.call_conv.get_function_type(types.void, kinds),
            made.fndesc.llvm_func_name,
        )
        write = _write_step if is_step else _write_entry
        write(context, module, callee, code, kinds)
        made.library.add_ir_module(module)
        made.library.finalize()
        return _emit(made.library.get_llvm_str())


def _emit(text: str) -> bytes:
    module = llvm.parse_assembly(text)
    outside = {
        function.name
        for function in module.functions
        if function.is_declaration and not function.name.startswith("llvm.")
    }
    if beyond := outside - _OF_C - set(OF_PYTHON):
        raise RuntimeError(f"a kernel needs {sorted(beyond)}, which no process need have")
    return target_machine().emit_object(module)


def _types_of(kernel: Source) -> list[types.Type]:
    """Return numba's types of a kernel's arguments."""
    found = []
    for taken in kernel.arguments or ():
        parts = [_type_of(part) for part in taken.parts]
        found.append(
            parts[0] if taken.record is None else types.BaseTuple.from_types(parts, taken.record)
        )
    return found


def _type_of(part: ArrayOf) -> types.Type:
    number = getattr(types, part.code)
    return types.Array(number, part.n_dimensions, "C") if part.n_dimensions else number


def _write_step(context, module, callee, step, kinds) -> None:
    """Write an entry that takes what the step takes."""
    entry = ir.Function(
        module,
        ir.FunctionType(ir.VoidType(), [context.get_value_type(kind) for kind in kinds]),
        ENTRY,
    )
    builder = ir.IRBuilder(entry.append_basic_block())
    context.call_conv.call_function(builder, callee, types.void, kinds, entry.args)
    builder.ret_void()


def _write_entry(context, module, callee, kernel, kinds) -> None:
    """Write an entry that Python calls with a vector of objects, and a count of them.

    It answers None; or the number of the first part that is no such array, from 1 on, or 0 where
    there are not as many arguments or fields; or -1 where the function has failed; or no object
    where Python has an error to raise.
    """
    entry = ir.Function(
        module, ir.FunctionType(_OBJECT, [_OBJECT, _OBJECT.as_pointer(), _WORD]), ENTRY
    )
    known = ir.GlobalVariable(module, ir.ArrayType(_WORD, N_KNOWN), KNOWN)
    known.initializer = ir.Constant(known.value_type, None)
    builder = ir.IRBuilder(entry.append_basic_block())
    python = _Python(builder, known)
    _, given, count = entry.args
    is_wrong = builder.icmp_signed("!=", count, _WORD(len(kinds)))
    with builder.if_then(is_wrong, likely=False):
        builder.ret(python.whole_number(0))
    items: list[ir.Value] = []
    for i, taken in enumerate(kernel.arguments):
        value = builder.load(builder.gep(given, [_WORD(i)]))
        items += [value] if taken.record is None else python.items(value, len(taken.parts))
    parts = [part for taken in kernel.arguments for part in taken.parts]
    # Numbers first: an object may run any code as it becomes one.
    values = [
        None if part.n_dimensions else python.number(item, part.code)
        for item, part in zip(items, parts, strict=True)
    ]
    for i, (item, part) in enumerate(zip(items, parts, strict=True)):
        if part.n_dimensions:
            python.check(item, part, i + 1)
            values[i] = _array_at(context, builder, python.after_head(item), part)
        elif part.code == "f4":
            values[i] = builder.fptrunc(values[i], ir.FloatType())
    arguments = []
    for taken, kind in zip(kernel.arguments, kinds, strict=True):
        own = [values.pop(0) for _ in taken.parts]
        arguments.append(own[0] if taken.record is None else context.make_tuple(builder, kind, own))
    # Others may use the interpreter meanwhile.
    thread = python.call("PyEval_SaveThread", _OBJECT)
    status, _ = context.call_conv.call_function(builder, callee, types.void, kinds, arguments)
    python.call("PyEval_RestoreThread", ir.VoidType(), thread)
    with builder.if_then(status.is_error, likely=False):
        builder.ret(python.whole_number(-1))
    nothing = builder.inttoptr(python.known(0), _OBJECT)
    python.call("Py_IncRef", ir.VoidType(), nothing)
    builder.ret(nothing)


class _Python:
    """Builds what an entry does with Python's objects.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
    known : llvmlite.ir.GlobalVariable
        Filled in when the code is loaded; see `tsrnn._compute.machine_code`.
    """

    def __init__(self, builder, known) -> None:
        self.builder = builder
        self._known = known

    def known(self, place: int):
        """Load one of the numbers that were filled in."""
        return self.builder.load(self.builder.gep(self._known, [_WORD(0), _WORD(place)]))

    def call(self, name: str, result, *arguments):
        """Call a function of Python's stable interface."""
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, arguments)

    def whole_number(self, value: int):
        """Return a new object."""
        return self.call("PyLong_FromLongLong", _OBJECT, _WORD(value))

    def _leave_if(self, condition, answer) -> None:
        with self.builder.if_then(condition, likely=False):
            self.builder.ret(answer)

    def items(self, record, n: int):
        """Return the items of a tuple; leave with 0 if it is none, or not of so many."""
        size = self.call("PyTuple_Size", _WORD, record)
        with self.builder.if_then(self.builder.icmp_signed("!=", size, _WORD(n)), likely=False):
            self.call("PyErr_Clear", ir.VoidType())
            self.builder.ret(self.whole_number(0))
        return [self.call("PyTuple_GetItem", _OBJECT, record, _WORD(i)) for i in range(n)]

    def number(self, item, code: str):
        """Return what an object is as a number; leave with Python's error if it is none."""
        name, kind, compare = {
            "i8": ("PyLong_AsLongLong", _WORD, self.builder.icmp_signed),
            "b1": ("PyObject_IsTrue", _INT, self.builder.icmp_signed),
        }.get(code, ("PyFloat_AsDouble", ir.DoubleType(), self.builder.fcmp_ordered))
        value = self.call(name, kind, item)
        with self.builder.if_then(compare("==", value, kind(-1)), likely=False):
            error = self.call("PyErr_Occurred", _OBJECT)
            self._leave_if(cgutils.is_not_null(self.builder, error), _OBJECT(None))
        return self.builder.icmp_signed("!=", value, _INT(0)) if code == "b1" else value

    def after_head(self, item):
        """Return where what is an object's own begins."""
        return self.builder.gep(item, [self.known(1)])

    def check(self, item, part: ArrayOf, place: int) -> None:
        """Leave with the place if an object is not such an array."""
        builder = self.builder

        def leave_unless(condition) -> None:
            with builder.if_then(builder.not_(condition), likely=False):
                builder.ret(self.whole_number(place))

        after_head = self.after_head(item)
        kind = _at(builder, after_head, -8, _WORD)
        leave_unless(builder.icmp_unsigned("==", kind, self.known(2)))
        flags = _IN_ROWS | _ALIGNED | _WRITABLE
        found = builder.and_(_at(builder, after_head, _FLAGS, _INT), _INT(flags))
        is_as_it_must_be = [
            builder.icmp_unsigned(
                "==",
                _at(builder, after_head, _TYPE, _WORD),
                self.known(3 + CODES.index(part.code)),
            ),
            builder.icmp_unsigned("==", found, _INT(flags)),
            builder.icmp_unsigned(
                "==", _at(builder, after_head, _N_DIMENSIONS, _INT), _INT(part.n_dimensions)
            ),
        ]
        leave_unless(functools.reduce(builder.and_, is_as_it_must_be))


def _at(builder, place, offset: int, kind):
    """Load what is so many bytes after a place."""
    there = builder.gep(place, [_WORD(offset)])
    return builder.load(builder.bitcast(there, kind.as_pointer()))


def _array_at(context, builder, after_head, part: ArrayOf):
    """Return NumPy's array as numba's."""
    kind = _type_of(part)
    view = context.make_array(kind)(context, builder)
    data = _at(builder, after_head, _DATA, _OBJECT)
    lengths_at = _at(builder, after_head, _LENGTHS, _WORD.as_pointer())
    lengths = [builder.load(builder.gep(lengths_at, [_WORD(i)])) for i in range(part.n_dimensions)]
    return _filled(context, builder, view, data, lengths, kind)


def _filled(context, builder, view, data, lengths, kind):
    """Fill an array in rows of these lengths in."""
    number = context.get_data_type(kind.dtype)
    size = context.get_constant(types.intp, context.get_abi_sizeof(number))
    strides = [size]
    for length in lengths[:0:-1]:
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.bitcast(data, number.as_pointer())
    arrayobj.populate_array(view, data, lengths, strides, size, None)
    return view._getvalue()


def _teach_numba() -> None:
    """Give the plain functions of kernels, and those declared `inlined`, their compiled meaning."""
    # What is taught is struck off when numba knows it, and not before.
    while declare.numba_extensions:
        declare.numba_extensions[-1]()
        declare.numba_extensions.pop()
    while declare.inlined_functions:
        register_jitable(declare.inlined_functions[-1])
        declare.inlined_functions.pop()
    while declare.function_makers:
        _teach_function_maker(*declare.function_makers[-1])
        declare.function_makers.pop()


def _first_number(context, builder, array, value):
    return cgutils.create_struct_proxy(array)(context, builder, value=value).data


@type_callable(declare.pointer)
def _(context):
    return lambda array: types.CPointer(array.dtype)


@lower_builtin(declare.pointer, types.Array)
def _(context, builder, signature, arguments):
    return _first_number(context, builder, signature.args[0], arguments[0])


@type_callable(declare.shaped)
def _(context):
    return lambda array, shape: types.Array(array.dtype, len(shape), "C")


@lower_builtin(declare.shaped, types.Array, types.BaseTuple)
def _(context, builder, signature, arguments):
    data = _first_number(context, builder, signature.args[0], arguments[0])
    view = context.make_array(signature.return_type)(context, builder)
    lengths = cgutils.unpack_tuple(builder, arguments[1])
    return _filled(context, builder, view, data, lengths, signature.return_type)


def _teach_function_maker(make: Callable, signature: str) -> None:
    arguments, result = sigutils.normalize_signature(signature)
    pointed_at = types.ExternalFunctionPointer(result(*arguments), get_pointer=make)

    @type_callable(make)
    def _(context):
        return lambda address: pointed_at

    @lower_builtin(make, types.Integer)
    def _(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], context.get_value_type(pointed_at))


def named(name: str, implementation: Callable) -> Callable:
    """Name what an overload is compiled from.

    Numba makes a symbol of the name: what means different things must not be called the same.
    """
    implementation.__qualname__ = name
    return implementation
