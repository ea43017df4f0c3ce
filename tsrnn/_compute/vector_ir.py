"""Building blocks of LLVM's code for vectors: rows, sums, loops, transpositions.

Imported when kernels are compiled. `kind` is LLVM's type of a vector.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils


def alignment(kind):
    """Return the alignment of single numbers, which is all that rows are sure to have."""
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
    """Return the address of a row of lanes."""
    return builder.gep(
        address, [builder.mul(row, row.type(n_lanes))], source_etype=address.type.pointee
    )


def vector_at(builder, kind, address, row):
    """Load a row of lanes."""
    place = builder.bitcast(row_at(builder, address, row, kind.count), kind.as_pointer())
    return builder.load(place, align=alignment(kind))


def put_vector(builder, address, row, value):
    """Store a row of lanes."""
    kind = value.type
    place = builder.bitcast(row_at(builder, address, row, kind.count), kind.as_pointer())
    builder.store(value, place, align=alignment(kind))


def number_at(builder, address, index):
    """Load one number."""
    return builder.load(builder.gep(address, [index], source_etype=address.type.pointee))


def multiply_add(builder, a, b, c):
    """Return a * b + c, rounded once where the processor can."""
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


def loop(builder, count, starts, body):
    """Emit a loop of `count` rounds that carries values in registers; returns the last ones."""
    before = builder.basic_block
    head = builder.append_basic_block("loop")
    after = builder.append_basic_block("loop.end")
    has_rounds = builder.icmp_signed(">", count, count.type(0))
    builder.cbranch(has_rounds, head, after)
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
    """Emit code that runs only where a condition holds."""
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
