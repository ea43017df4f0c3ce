"""The meaning of the functions of `_simd` in compiled code.

    tanh x = E / (E + 2),   E = exp(2x) - 1                                             (1)
    E = 2^k p(r) + (2^k - 1),   k = round(2x / ln 2),   r = 2x - k ln 2                 (2)

with p the Taylor polynomial of exp(r) - 1 on |r| <= ln(2) / 2, long enough for the rounding of its
type: as k = 0 wherever 2^k - 1 could cancel, the relative error is a few roundings everywhere. The
numbers 2^k are made of bits, without a branch, and a lane that is NaN stays NaN.

Imported when kernels are compiled.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import infer_global, make_intrinsic_template
from numba.extending import intrinsic, models, overload, register_model

from tsrnn._compute.numba_code import named
from tsrnn._compute.vector_ir import (
    alignment,
    cases,
    constant,
    each_block,
    loop,
    multiply_add,
    number_at,
    put_vector,
    spread,
    sums_of_lanes,
    turned,
    vector_at,
    vector_of_lane,
    where,
)
from tsrnn._compute.vector_sizes import WIDTH, most_rows, tile_shape


class Vector(types.Type):
    """Lanes of one type of number."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.n_lanes = WIDTH * 8 // dtype.bitwidth
        super().__init__(name=f"Vector({dtype})")


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        super().__init__(manager, vector, llvm_vector(vector))


def llvm_number(dtype):
    """Return LLVM's type of a number."""
    return ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()


def llvm_vector(vector):
    """Return LLVM's type of a vector."""
    return ir.VectorType(llvm_number(vector.dtype), vector.n_lanes)


def llvm_bits(vector):
    """Return LLVM's type of integers of the same size."""
    return ir.VectorType(ir.IntType(vector.dtype.bitwidth), vector.n_lanes)


def vector_of(address):
    """Return the type of vectors of the numbers at an address."""
    return Vector(address.dtype)


def emit_tanh(builder, x, vector):
    """Emit (1) and (2)."""
    kind, bits = llvm_vector(vector), llvm_bits(vector)
    single = vector.dtype.bitwidth == 32
    # Beyond the limit tanh is 1 to the last digit.
    limit, degree, mantissa = (9.1, 7, 23) if single else (19.1, 13, 52)
    for sign, side in ((">", limit), ("<", -limit)):
        edge = constant(kind, side)
        x = builder.select(builder.fcmp_ordered(sign, x, edge), edge, x)
    z = builder.fadd(x, x)
    # Added to a number so large that its last digit is one, z / ln 2 is rounded, and the low
    # bits of the sum are k.
    large = constant(kind, 1.5 * 2.0**mantissa)
    shifted = multiply_add(builder, z, constant(kind, 1.0 / math.log(2.0)), large)
    k = builder.fsub(shifted, large)
    # ln 2 in two parts, the first with so few digits that k times it is exact.
    high = math.ldexp(
        round(math.ldexp(math.log(2.0), 14 if single else 32)), -14 if single else -32
    )
    r = multiply_add(builder, k, constant(kind, -high), z)
    r = multiply_add(builder, k, constant(kind, high - math.log(2.0)), r)
    p = constant(kind, 1.0 / math.factorial(degree))
    for power in range(degree - 1, 0, -1):
        p = multiply_add(builder, p, r, constant(kind, 1.0 / math.factorial(power)))
    p = builder.fmul(p, r)
    one = constant(kind, 1.0)
    exponent = builder.shl(builder.bitcast(shifted, bits), constant(bits, mantissa))
    scale = builder.bitcast(builder.add(exponent, builder.bitcast(one, bits)), kind)
    e = multiply_add(builder, scale, p, builder.fsub(scale, one))
    return builder.fdiv(e, builder.fadd(e, constant(kind, 2.0)))


@intrinsic
def load_(typing_context, address, row):
    vector = vector_of(address)

    def generate(context, builder, signature, arguments):
        return vector_at(builder, llvm_vector(vector), *arguments)

    return vector(address, types.int64), generate


@intrinsic
def store_(typing_context, address, row, vector):
    def generate(context, builder, signature, arguments):
        put_vector(builder, *arguments)

    return types.void(address, types.int64, vector), generate


@intrinsic
def fill_(typing_context, address, row, number):
    vector = vector_of(address)

    def generate(context, builder, signature, arguments):
        place, row, number = arguments
        put_vector(builder, place, row, spread(builder, llvm_vector(vector), number))

    return types.void(address, types.int64, vector.dtype), generate


@intrinsic
def first_lanes_(typing_context, vector, n, number):
    def generate(context, builder, signature, arguments):
        value, n, number = arguments
        kind = value.type
        places = ir.VectorType(ir.IntType(64), kind.count)
        lanes = ir.Constant(places, list(range(kind.count)))
        kept = builder.icmp_signed("<", lanes, spread(builder, places, n))
        return builder.select(kept, value, spread(builder, kind, number))

    return vector(vector, types.int64, vector.dtype), generate


@intrinsic
def rectify_(typing_context, vector):
    def generate(context, builder, signature, arguments):
        (value,) = arguments
        zero = constant(value.type, 0.0)
        return builder.select(builder.fcmp_ordered("<=", value, zero), zero, value)

    return vector(vector), generate


@intrinsic
def where_positive_(typing_context, condition, vector):
    def generate(context, builder, signature, arguments):
        condition, value = arguments
        zero = constant(value.type, 0.0)
        return builder.select(builder.fcmp_ordered("<=", condition, zero), zero, value)

    return vector(vector, vector), generate


@intrinsic
def tanh_(typing_context, vector):
    def generate(context, builder, signature, arguments):
        return emit_tanh(builder, arguments[0], vector)

    return vector(vector), generate


@intrinsic
def logistic_(typing_context, vector):
    def generate(context, builder, signature, arguments):
        half = constant(llvm_vector(vector), 0.5)
        value = emit_tanh(builder, builder.fmul(arguments[0], half), vector)
        return multiply_add(builder, half, value, half)

    return vector(vector), generate


@intrinsic
def panel_product_(typing_context, weights, x, out, n_rows, n_terms, adds):
    kind = llvm_vector(vector_of(out))

    def generate(context, builder, signature, arguments):
        weights, x, out, n_rows, n_terms, adds = arguments
        word = n_rows.type

        def emit(n):
            before = builder.basic_block
            begin = builder.append_basic_block("add")
            ready = builder.append_basic_block("sum")
            builder.cbranch(adds, begin, ready)
            builder.position_at_end(begin)
            previous = [vector_at(builder, kind, out, word(i)) for i in range(n)]
            builder.branch(ready)
            builder.position_at_end(ready)
            starts = []
            for value in previous:
                start = builder.phi(kind)
                start.add_incoming(constant(kind, 0.0), before)
                start.add_incoming(value, begin)
                starts.append(start)

            def term(k, sums):
                value = vector_at(builder, kind, x, k)
                first = builder.mul(k, word(n))
                return [
                    multiply_add(
                        builder,
                        spread(
                            builder,
                            kind,
                            number_at(builder, weights, builder.add(first, word(i))),
                        ),
                        value,
                        sums[i],
                    )
                    for i in range(n)
                ]

            for i, value in enumerate(loop(builder, n_terms, starts, term)):
                put_vector(builder, out, word(i), value)

        cases(builder, n_rows, most_rows(), emit)

    count = types.int64
    return types.void(weights, x, out, count, count, types.boolean), generate


@intrinsic
def tile_product_(
    typing_context, a, u, n_steps, a_stride, u_stride, out, out_stride, n_rows, n_columns
):
    kind = llvm_vector(vector_of(out))

    def generate(context, builder, signature, arguments):
        a, u, n_steps, a_stride, u_stride, out, out_stride, n_rows, n_columns = arguments
        word = n_rows.type
        most_tile_rows, most_tile_columns = tile_shape()

        def emit(m, n):
            def step(t, sums):
                first_a, first_u = builder.mul(t, a_stride), builder.mul(t, u_stride)
                left = [
                    vector_at(builder, kind, a, builder.add(first_a, word(i))) for i in range(m)
                ]
                right = [
                    vector_at(builder, kind, u, builder.add(first_u, word(j))) for j in range(n)
                ]
                return [
                    multiply_add(builder, left[i], right[j], sums[i * n + j])
                    for i in range(m)
                    for j in range(n)
                ]

            sums = loop(builder, n_steps, [constant(kind, 0.0)] * (m * n), step)
            for first in range(0, m, kind.count // n):
                rows = range(first, min(first + kind.count // n, m))
                totals = sums_of_lanes(builder, sums[first * n : rows.stop * n])
                for i in rows:
                    own = ir.VectorType(ir.IntType(32), n)
                    lanes = ir.Constant(own, [(i - first) * n + j for j in range(n)])
                    row = builder.shuffle_vector(totals, totals, lanes)
                    place = builder.gep(
                        out, [builder.mul(word(i), out_stride)], source_etype=out.type.pointee
                    )
                    place = builder.bitcast(place, row.type.as_pointer())
                    previous = builder.load(place, align=alignment(kind))
                    builder.store(builder.fadd(previous, row), place, align=alignment(kind))

        cases(
            builder,
            n_rows,
            most_tile_rows,
            lambda m: cases(builder, n_columns, most_tile_columns, lambda n: emit(m, n)),
        )

    count = types.int64
    return types.void(a, u, count, count, count, out, count, count, count), generate


@intrinsic
def gather_rows_(typing_context, table, stride, which, rows, n_rows):
    kind = llvm_vector(vector_of(table))

    def generate(context, builder, signature, arguments):
        table, stride, which, rows, n_rows = arguments

        def emit(block, first, left):
            looked_up = [
                vector_at(
                    builder,
                    kind,
                    table,
                    vector_of_lane(builder, kind, which, stride, lane, block),
                )
                for lane in range(kind.count)
            ]
            for i, vector in enumerate(turned(builder, looked_up)):
                where(
                    builder,
                    builder.icmp_signed("<", left.type(i), left),
                    lambda i=i, vector=vector: put_vector(
                        builder, rows, builder.add(first, first.type(i)), vector
                    ),
                )

        each_block(builder, kind, n_rows, emit)

    count = types.int64
    return types.void(table, count, which, rows, count), generate


@intrinsic
def scatter_rows_(typing_context, rows, n_rows, which, table, stride):
    kind = llvm_vector(vector_of(table))

    def generate(context, builder, signature, arguments):
        rows, n_rows, which, table, stride = arguments

        def emit(block, first, left):
            # The last block reads the row before its end again: what is beyond is not added.
            last = builder.sub(n_rows, n_rows.type(1))
            vectors = []
            for i in range(kind.count):
                row = builder.add(first, first.type(i))
                is_there = builder.icmp_signed("<", left.type(i), left)
                vector = vector_at(builder, kind, rows, builder.select(is_there, row, last))
                vectors.append(builder.select(is_there, vector, constant(kind, 0.0)))
            for lane, vector in enumerate(turned(builder, vectors)):
                place = vector_of_lane(builder, kind, which, stride, lane, block)
                previous = vector_at(builder, kind, table, place)
                put_vector(builder, table, place, builder.fadd(previous, vector))

        each_block(builder, kind, n_rows, emit)

    count = types.int64
    return types.void(rows, count, which, table, count), generate


def teach(functions: list[Callable]) -> None:
    """Have numba take each function for the intrinsic of its name with an underscore.

    And operators between vectors, or a vector and a number, for those of lanes.
    """
    for function in functions:
        # As numba does for the intrinsic itself: the function's name then means it.
        emitted = globals()[f"{function.__name__}_"]
        template = make_intrinsic_template(emitted, emitted._defn, function.__name__)
        infer_global(function, types.Function(template))
    _teach_operator(operator.add, "fadd")
    _teach_operator(operator.sub, "fsub")
    _teach_operator(operator.mul, "fmul")
    _teach_operator(operator.truediv, "fdiv")


def _teach_operator(symbol, instruction):
    @intrinsic
    def operate(typing_context, left, right):
        vector = left if isinstance(left, Vector) else right

        def generate(context, builder, signature, arguments):
            kind = llvm_vector(vector)
            both = [
                value if value.type == kind else spread(builder, kind, value) for value in arguments
            ]
            return getattr(builder, instruction)(*both)

        own = [side if isinstance(side, Vector) else vector.dtype for side in (left, right)]
        return vector(*own), generate

    @overload(symbol)
    def _(left, right):
        if isinstance(left, Vector) or isinstance(right, Vector):
            return named(f"lanes_{instruction}", lambda left, right: operate(left, right))
        return None
