"""Vectors of lanes, for kernels: what sixteen sequences hold at one place of a network.

A vector is one cache line wide, 16 numbers in float32 or 8 in float64, and every lane of it belongs
to another sequence. Kernels read and write rows of lanes by an address and the number of the row,
and reckon with vectors by the usual operators, with one another or with a plain number. Written
out, rather than left to the compiler to find in a loop over lanes, vectors stay in registers.

    tanh x = E / (E + 2),   E = exp(2x) - 1                                             (1)
    E = 2^k p(r) + (2^k - 1),   k = round(2x / ln 2),   r = 2x - k ln 2                 (2)

with p the Taylor polynomial of exp(r) - 1 on |r| <= ln(2) / 2, long enough for the rounding of its
type: as k = 0 wherever 2^k - 1 could cancel, the relative error is a few roundings everywhere. The
numbers below 2^k are made of bits, without a branch, and a lane that is NaN stays NaN.
"""

from __future__ import annotations

import functools
import math
import operator

from tsrnn._compile import lesson

# Bytes of a vector: a cache line.
WIDTH = 64


def n_lanes_of(dtype) -> int:
    """Return how many lanes a vector of this type has."""
    return WIDTH // dtype.itemsize


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
    """Return the hyperbolic tangent, (1) and (2)."""
    raise NotImplementedError("only in compiled code")


def logistic(vector):
    """Return 1 / (1 + exp(-x)), by way of the hyperbolic tangent, which cannot overflow."""
    raise NotImplementedError("only in compiled code")


def panel_product(weights, x, out, n_rows, n_terms, adds):
    """Write (or add) sums over terms of weight times vector to the rows of a panel.

    out[i] = sum over k of weights[k * n_rows + i] * x[k], for i < n_rows <= `most_rows()`; the sums
    stay in registers. With `adds` they begin at what out holds.
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


@functools.cache
def _has_avx512() -> bool:
    import llvmlite.binding

    return bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


def most_rows() -> int:
    """Return how many rows a panel may have: as many sums as this machine's registers hold."""
    return 8 if _has_avx512() else 6


def tile_shape() -> tuple[int, int]:
    """Return the largest tile of `tile_product`."""
    return (4, 4) if _has_avx512() else (2, 3)


@lesson
def _teach_vectors() -> None:
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.core.typing.templates import infer_global, make_intrinsic_template
    from numba.extending import intrinsic, models, overload, register_model

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
        return ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()

    def llvm_vector(vector):
        return ir.VectorType(llvm_number(vector.dtype), vector.n_lanes)

    def llvm_bits(vector):
        return ir.VectorType(ir.IntType(vector.dtype.bitwidth), vector.n_lanes)

    def alignment(kind):
        return 4 if kind.element == ir.FloatType() else 8

    def constant(kind, number):
        """Return a vector constant of the LLVM type `kind`."""
        return ir.Constant(kind, [number] * kind.count)

    def spread(builder, kind, number):
        """Return a vector of one number in all lanes."""
        lane = builder.insert_element(
            ir.Constant(kind, ir.Undefined), number, ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
        return builder.shuffle_vector(lane, ir.Constant(kind, ir.Undefined), mask)

    def row_at(builder, address, row, n_lanes):
        return builder.gep(
            address, [builder.mul(row, row.type(n_lanes))], source_etype=address.type.pointee
        )

    def vector_at(builder, kind, address, row):
        place = builder.bitcast(row_at(builder, address, row, kind.count), kind.as_pointer())
        return builder.load(place, align=alignment(kind))

    def put_vector(builder, address, row, value):
        kind = value.type
        place = builder.bitcast(row_at(builder, address, row, kind.count), kind.as_pointer())
        builder.store(value, place, align=alignment(kind))

    def number_at(builder, address, index):
        return builder.load(builder.gep(address, [index], source_etype=address.type.pointee))

    def multiply_add(builder, a, b, c):
        name = f"llvm.fmuladd.v{a.type.count}f{32 if a.type.element == ir.FloatType() else 64}"
        kind = ir.FunctionType(a.type, [a.type] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])

    def sums_of_lanes(builder, vectors):
        """Return a vector of the sums over lanes of up to as many vectors.

        Two vectors become one, half of whose lanes are sums of halves of either, until one is left.
        """
        kind = vectors[0].type
        n = kind.count
        vectors = vectors + [constant(kind, 0.0)] * (n - len(vectors))
        half = n // 2
        while half:
            low, high = exchange(n, half)
            vectors = [
                builder.fadd(builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high))
                for a, b in zip(vectors[:half], vectors[half:], strict=True)
            ]
            half //= 2
        return vectors[0]

    def exchange(n, half):
        """Return the masks by which two vectors of n lanes trade blocks of `half` lanes."""
        mask = ir.VectorType(ir.IntType(32), n)
        low = [k if not k & half else n + k - half for k in range(n)]
        high = [k + half if not k & half else n + k for k in range(n)]
        return ir.Constant(mask, low), ir.Constant(mask, high)

    def vector_of(address):
        return Vector(address.dtype)

    def loop(builder, count, starts, body):
        """Emit a loop of `count` rounds that carries values in registers; returns the last ones."""
        before = builder.basic_block
        head = builder.append_basic_block("loop")
        after = builder.append_basic_block("loop.end")
        some = builder.icmp_signed(">", count, count.type(0))
        builder.cbranch(some, head, after)
        builder.position_at_end(head)
        i = builder.phi(count.type)
        i.add_incoming(count.type(0), before)
        carried = [builder.phi(start.type) for start in starts]
        for phi, start in zip(carried, starts, strict=True):
            phi.add_incoming(start, before)
        values = body(i, carried)
        following = builder.add(i, count.type(1))
        last = builder.basic_block
        i.add_incoming(following, last)
        for phi, value in zip(carried, values, strict=True):
            phi.add_incoming(value, last)
        builder.cbranch(builder.icmp_signed("<", following, count), head, after)
        builder.position_at_end(after)
        ends = [builder.phi(start.type) for start in starts]
        for phi, start, value in zip(ends, starts, values, strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(value, last)
        return ends

    def cases(builder, number, most, emit):
        """Emit code for each value of a number from 1 to `most`, and a choice between them."""
        end = builder.append_basic_block("cases.end")
        switch = builder.switch(number, end)
        for case in range(1, most + 1):
            block = builder.append_basic_block(f"case.{case}")
            switch.add_case(number.type(case), block)
            builder.position_at_end(block)
            emit(case)
            builder.branch(end)
        builder.position_at_end(end)

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

    def emit_tanh(builder, x, vector):
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
                held = [vector_at(builder, kind, out, word(i)) for i in range(n)]
                builder.branch(ready)
                builder.position_at_end(ready)
                starts = []
                for value in held:
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
                        held = builder.load(place, align=alignment(kind))
                        builder.store(builder.fadd(held, row), place, align=alignment(kind))

            cases(
                builder,
                n_rows,
                most_tile_rows,
                lambda m: cases(builder, n_columns, most_tile_columns, lambda n: emit(m, n)),
            )

        count = types.int64
        return types.void(a, u, count, count, count, out, count, count, count), generate

    def turned(builder, vectors):
        """Transpose as many vectors as they have lanes: half of each trades places, a stage."""
        n = len(vectors)
        vectors, half = list(vectors), n // 2
        while half:
            low, high = exchange(n, half)
            for i in range(n):
                if not i & half:
                    pair = vectors[i], vectors[i + half]
                    vectors[i] = builder.shuffle_vector(*pair, low)
                    vectors[i + half] = builder.shuffle_vector(*pair, high)
            half //= 2
        return vectors

    def each_block(builder, kind, n_rows, emit):
        """Emit code for blocks of as many rows as there are lanes: their numbers, and how many."""
        word, n_lanes = n_rows.type, kind.count
        blocks = builder.sdiv(builder.add(n_rows, word(n_lanes - 1)), word(n_lanes))

        def body(block, _):
            first = builder.mul(block, word(n_lanes))
            emit(block, first, builder.sub(n_rows, first))
            return []

        loop(builder, blocks, [], body)

    def where(builder, condition, emit):
        then, end = builder.append_basic_block("then"), builder.append_basic_block("end")
        builder.cbranch(condition, then, end)
        builder.position_at_end(then)
        emit()
        builder.branch(end)
        builder.position_at_end(end)

    def vector_of_lane(builder, kind, which, stride, lane, block):
        """Return the number of the vector, in a table, that holds a lane's block."""
        row = number_at(builder, which, stride.type(lane))
        vectors = builder.sdiv(stride, stride.type(kind.count))
        return builder.add(builder.mul(row, vectors), block)

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
                    held = vector_at(builder, kind, table, place)
                    put_vector(builder, table, place, builder.fadd(held, vector))

            each_block(builder, kind, n_rows, emit)

        count = types.int64
        return types.void(rows, count, which, table, count), generate

    for name, emitted in (
        (load, load_),
        (store, store_),
        (fill, fill_),
        (first_lanes, first_lanes_),
        (rectify, rectify_),
        (where_positive, where_positive_),
        (tanh, tanh_),
        (logistic, logistic_),
        (panel_product, panel_product_),
        (tile_product, tile_product_),
        (gather_rows, gather_rows_),
        (scatter_rows, scatter_rows_),
    ):
        # As numba does for the intrinsic itself: the name in this module then means it.
        template = make_intrinsic_template(emitted, emitted._defn, name.__name__)
        infer_global(name, types.Function(template))

    def teach_operator(symbol, instruction):
        @intrinsic
        def operate(typing_context, left, right):
            vector = left if isinstance(left, Vector) else right

            def generate(context, builder, signature, arguments):
                kind = llvm_vector(vector)
                both = [
                    value if value.type == kind else spread(builder, kind, value)
                    for value in arguments
                ]
                return getattr(builder, instruction)(*both)

            own = [side if isinstance(side, Vector) else vector.dtype for side in (left, right)]
            return vector(*own), generate

        @overload(symbol)
        def _(left, right):
            if isinstance(left, Vector) or isinstance(right, Vector):
                return lambda left, right: operate(left, right)
            return None

    teach_operator(operator.add, "fadd")
    teach_operator(operator.sub, "fsub")
    teach_operator(operator.mul, "fmul")
    teach_operator(operator.truediv, "fdiv")
