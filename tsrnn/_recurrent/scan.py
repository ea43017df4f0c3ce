"""The loops over time of a network's layer: along a tape, and back.

Forward, step t multiplies the operand u_t = (x_t, 1, h_{t-1}) by the layer's matrix and lets the
cell make h_t of it, which is written into u_{t+1}. Where a sequence ends its last state is kept and
its lane goes back to the initial one, for the next sequence. Backward, the gradient with respect to
h_t is what the next step hands back, unless a sequence begins there, and what the loss or the layer
above say of h_t directly; the matrix's own gradient is a product of all operands and all gradients
with respect to preactivations, taken a piece of the tape at a time while that is in the cache.

Slabs are (steps, rows, lanes), lanes innermost. `u` and `gates` may have fewer steps than the tape:
a forward pass that nothing goes back through turns round in two.
"""

from __future__ import annotations

from tsrnn._compute.compile import borrowed, kernel, kernel_of_both, pointer
from tsrnn._compute.simd import (
    fill,
    first_lanes,
    gather_rows,
    load,
    panel_product,
    scatter_rows,
    store,
    tile_product,
)
from tsrnn.cells.network_cell import unit_function_at

_TABLE = "i8[:,::1]"
_LIST = "i8[::1]"


@kernel_of_both(
    f"i8 N {_TABLE} M M i4[::1] {_TABLE} {_TABLE} {_TABLE} {_LIST} {_LIST} {_LIST} {_LIST} "
    "S S S S M N"
)
def forward_layer(
    step_address, weights, panels, values, table, tokens, which, begins, ends, n_active, span,
    cursor, rows, u, gates, c, out, last, h_init,
):  # fmt: skip
    """Run some steps.

    span is (first step, end, 1 or -1 as rows are read, rows looked up, first row of the state);
    cursor, how many sequences have begun and ended.
    """
    weights, panels, values, table, which = (
        borrowed(weights), borrowed(panels), borrowed(values), borrowed(table), borrowed(which)
    )  # fmt: skip
    u, gates, c, out, rows = (
        borrowed(u),
        borrowed(gates),
        borrowed(c),
        borrowed(out),
        borrowed(rows),
    )
    step = unit_function_at(step_address, u)
    n_inputs, n_hidden, n_lanes = values.shape[1], h_init.size, u.shape[2]
    direction, n_looked_up, first_h = span[2], span[3], span[4]
    for t in range(span[0], span[1]):
        at, a_t = t % u.shape[0], t % gates.shape[0]
        after = (t + 1) % u.shape[0]
        while cursor[0] < begins.shape[0] and begins[cursor[0], 0] == t:
            rows[begins[cursor[0], 1]] = begins[cursor[0], 2]
            cursor[0] += 1
        n = n_active[t]
        if n_inputs > 0:
            for lane in range(n):
                row = rows[lane]
                for j in range(n_inputs):
                    u[at, j, lane] = values[row, j]
                rows[lane] = row + direction
            for lane in range(n, n_lanes):
                for j in range(n_inputs):
                    u[at, j, lane] = 0.0
        elif n_looked_up > 0:
            looked_up = which[t % which.shape[0]]
            for lane in range(n):
                looked_up[lane] = tokens[rows[lane]]
                rows[lane] += direction
            for lane in range(n, n_lanes):
                looked_up[lane] = table.shape[0] - 1  # the last row is nobody's
            gather_rows(
                pointer(table), table.shape[1], pointer(looked_up), pointer(gates[a_t]), n_looked_up
            )
        fill(pointer(u[at]), first_h - 1, 1.0)
        result = pointer(gates[a_t])
        for k in range(panels.shape[0]):
            panel_product(
                pointer(weights[panels[k, 4] :]),
                pointer(u[at, panels[k, 2] :]),
                pointer(gates[a_t, panels[k, 0] :]),
                panels[k, 1],
                panels[k, 3],
                n_looked_up > 0 and panels[k, 0] < n_looked_up,
            )
        h_new, c_new = pointer(u[after, first_h:]), pointer(c[(t + 1) % c.shape[0]])
        step(result, pointer(u[at, first_h:]), pointer(c[t % c.shape[0]]), h_new, c_new, n_hidden)
        if n < n_lanes:
            for j in range(n_hidden):
                store(h_new, j, first_lanes(load(h_new, j), n, h_init[j]))
            for j in range(c.shape[1]):
                store(c_new, j, first_lanes(load(c_new, j), n, 0.0))
        if out.shape[0] > 0:
            for j in range(n_hidden):
                store(pointer(out[t]), j, load(h_new, j))
        while cursor[1] < ends.shape[0] and ends[cursor[1], 0] == t:
            lane, sequence = ends[cursor[1], 1], ends[cursor[1], 2]
            for j in range(n_hidden):
                last[sequence, j] = u[after, first_h + j, lane]
                u[after, first_h + j, lane] = h_init[j]
            for j in range(c.shape[1]):
                c[(t + 1) % c.shape[0], j, lane] = 0.0
            cursor[1] += 1


@kernel_of_both(
    f"i8 b1 N {_TABLE} N {_TABLE} {_TABLE} {_TABLE} {_TABLE} {_TABLE} {_LIST} {_LIST} "
    "S S S M M M S S M M M N"
)
def backward_layer(
    adjoint_address, feeds_h, to_state, state_panels, to_input, input_panels, tiles, which,
    ends, cuts, span, cursor, u, gates, c, d_h, d_c, d_last, d_out, d_x, d_table, norms, d_matrix,
    d_h_init,
):  # fmt: skip
    """Go back over some steps.

    span is (first step, end, steps in a piece, rows looked up, first row of the state); cursor, how
    many cuts and ends there are still to come.
    """
    u, gates, c, d_h, d_c = borrowed(u), borrowed(gates), borrowed(c), borrowed(d_h), borrowed(d_c)
    to_state, to_input, d_x, d_out, which = (
        borrowed(to_state), borrowed(to_input), borrowed(d_x), borrowed(d_out), borrowed(which)
    )  # fmt: skip
    adjoint = unit_function_at(adjoint_address, u)
    n_hidden, first_h = d_h.shape[0], span[4]
    stop = span[1]
    while stop > span[0]:
        begin = max(span[0], stop - span[2])
        for t in range(stop - 1, begin - 1, -1):
            while cursor[1] > 0 and ends[cursor[1] - 1, 0] == t:
                cursor[1] -= 1
                lane, sequence = ends[cursor[1], 1], ends[cursor[1], 2]
                for j in range(d_last.shape[1]):
                    d_h[j, lane] += d_last[sequence, j]
            if d_out.shape[0] > 0:
                for j in range(n_hidden):
                    store(pointer(d_h), j, load(pointer(d_h), j) + load(pointer(d_out[t]), j))
            if norms.shape[0] > 0:
                square = load(pointer(d_h), 0) * load(pointer(d_h), 0)
                for j in range(1, n_hidden):
                    square = square + load(pointer(d_h), j) * load(pointer(d_h), j)
                store(pointer(norms), t, square)
            adjoint(
                pointer(gates[t]), pointer(u[t, first_h:]), pointer(c[t % c.shape[0]]),
                pointer(d_h), pointer(d_c), n_hidden,
            )  # fmt: skip
            if span[3] > 0:
                scatter_rows(
                    pointer(gates[t]),
                    span[3],
                    pointer(which[t]),
                    pointer(d_table),
                    d_table.shape[1],
                )
            for k in range(input_panels.shape[0] if d_x.shape[0] > 0 else 0):
                panel_product(
                    pointer(to_input[input_panels[k, 4] :]),
                    pointer(gates[t, input_panels[k, 2] :]),
                    pointer(d_x[t, input_panels[k, 0] :]),
                    input_panels[k, 1],
                    input_panels[k, 3],
                    False,
                )
            for k in range(state_panels.shape[0]):
                panel_product(
                    pointer(to_state[state_panels[k, 4] :]),
                    pointer(gates[t, state_panels[k, 2] :]),
                    pointer(d_h[state_panels[k, 0] :]),
                    state_panels[k, 1],
                    state_panels[k, 3],
                    feeds_h,
                )
            while cursor[0] > 0 and cuts[cursor[0] - 1, 0] == t:
                cursor[0] -= 1
                lane = cuts[cursor[0], 1]
                for j in range(n_hidden):
                    if cuts[cursor[0], 2] == 1:
                        d_h_init[j] += d_h[j, lane]
                    d_h[j, lane] = 0.0
                for j in range(d_c.shape[0]):
                    d_c[j, lane] = 0.0
        for k in range(tiles.shape[0]):
            row, column = tiles[k, 0], tiles[k, 2]
            tile_product(
                pointer(gates[begin, row:]),
                pointer(u[begin, column:]),
                stop - begin,
                gates.shape[1],
                u.shape[1],
                pointer(d_matrix[row, column:]),
                d_matrix.shape[1],
                tiles[k, 1],
                tiles[k, 3],
            )
        stop = begin


@kernel_of_both("S i8 S i8 i8 b1 b1")
def move_rows(source, first, target, target_first, n_rows, is_reversed, adds):
    """Write (or add) rows of one tape's slabs to another's, which may be read backwards."""
    source, target = borrowed(source), borrowed(target)
    n_steps = min(source.shape[0], target.shape[0])
    for t in range(n_steps):
        read, written = pointer(source[t]), pointer(target[n_steps - 1 - t if is_reversed else t])
        for j in range(n_rows):
            vector = load(read, first + j)
            if adds:
                vector = vector + load(written, target_first + j)
            store(written, target_first + j, vector)


@kernel_of_both(f"S {_LIST} {_LIST} {_LIST} b1 M i8 b1")
def move_steps(slabs, lane, start, length, is_reversed, steps, first, writes_slabs):
    """Copy slabs to rows of steps, one sequence after the other, or rows of steps to slabs."""
    row = 0
    for i in range(lane.size):
        for k in range(length[i]):
            t = start[i] + (length[i] - 1 - k if is_reversed else k)
            for j in range(slabs.shape[1]):
                if writes_slabs:
                    slabs[t, j, lane[i]] = steps[row, first + j]
                else:
                    steps[row, first + j] = slabs[t, j, lane[i]]
            row += 1


@kernel(f"void(i4[::1], {_LIST}, {_LIST}, i4[::1], i4[::1], i4[::1], {_LIST})")
def distinct_tokens(tokens, first_row, length, number, ids, local, n_ids):
    """List the distinct tokens of some sequences in `ids`, and write every step's place there.

    number, one for each token there is, is -1 before and after. Of a token that there is not,
    n_ids becomes -1 less the row where it is.
    """
    row, unknown = 0, -1
    for i in range(length.size):
        for k in range(first_row[i], first_row[i] + length[i]):
            token = tokens[k]
            if token < 0 or token >= number.size:
                unknown = k
                break
            if number[token] < 0:
                number[token] = n_ids[0]
                ids[n_ids[0]] = token
                n_ids[0] += 1
            local[row] = number[token]
            row += 1
        if unknown >= 0:
            break
    for i in range(n_ids[0]):
        number[ids[i]] = -1
    if unknown >= 0:
        n_ids[0] = -1 - unknown
