"""The loops over time of a network's layer: along a tape, and back.

Forward, step t multiplies the operand u_t = (x_t, 1, h_{t-1}) by the layer's matrix and lets the
cell make h_t of it, which is written into u_{t+1}. Where a sequence ends its last state is kept and
its lane goes back to the initial one, for the next sequence, which may bring a state of its own.
Backward, the gradient with respect to h_t is what the next step hands back, unless a sequence
begins there, and what the loss or the layer above say of h_t directly; the matrix's own gradient is
a product of all operands and all gradients with respect to preactivations, taken a piece of the
tape at a time while that is in the cache.

Slabs are (steps, rows, lanes), lanes innermost. `u` and `gates` may have fewer steps than the tape:
a forward pass that nothing goes back through turns round in two.
"""

from __future__ import annotations

from typing import NamedTuple

from tsrnn._compute.compile import kernel, kernel_of_both
from tsrnn._compute.declare import (
    Integers,
    IntegerTable,
    OwnSlab,
    OwnSlabs,
    OwnVector,
    Tokens,
    inlined,
    pointer,
)
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


class Panels(NamedTuple):
    """A matrix in the order in which `panel_product` reads it.

    Attributes
    ----------
    weights : (n,) array
    places : (n_panels, 5) int array
        Each as: first row of the result, rows, first row of the operand, rows of that, first of the
        weights.
    """

    weights: OwnVector
    places: IntegerTable


class Slabs(NamedTuple):
    """Arrays that a layer keeps of the steps of a tape, (steps, rows, lanes).

    Attributes
    ----------
    u : array
        Operands.
    first_h : int
        First of their rows that hold the state.
    gates : array
        Preactivations, and what the cell makes of them.
    c : array
        The second state, of no rows where there is none.
    which : (steps, lanes) int array
        Rows of the table that were looked up.
    n_looked_up : int
        Rows of `gates` that begin as what was looked up; 0 where there is no table.
    """

    u: OwnSlabs
    first_h: int
    gates: OwnSlabs
    c: OwnSlabs
    which: IntegerTable
    n_looked_up: int


class Input(NamedTuple):
    """Input of a layer that is not in its operands yet.

    Attributes
    ----------
    values : (R, p) array
        Features of all steps; of no columns where there are none, or tokens.
    tokens : (R,) int32 array
        For each step its row of the table.
    table : (n, n_columns) array
        What each token adds to the preactivations, and a last row of zeros.
    rows : (n_lanes,) int array
        The row of values or tokens that each lane reads next; moved on.
    direction : int
        1, or -1 where rows are read from the last to the first.
    """

    values: OwnSlab
    tokens: Tokens
    table: OwnSlab
    rows: Integers
    direction: int


class States(NamedTuple):
    """States that sequences begin and end in.

    Attributes
    ----------
    h_init : (D,) array
        Of a lane before the first sequence, and after each.
    first_h, first_c : (n, D) arrays
        Of the sequences in the order in which they begin; of no rows where all begin at h_init.
    last_h, last_c : (n, D) arrays
        Of the sequences by their numbers on the tape; written. `last_c` may have no columns.
    """

    h_init: OwnVector
    first_h: OwnSlab
    first_c: OwnSlab
    last_h: OwnSlab
    last_c: OwnSlab


class Lanes(NamedTuple):
    """Places of sequences on a tape; see `Schedule`.

    Attributes
    ----------
    begins, ends : (n, 3) int arrays
    n_active : (n_steps,) int array
    """

    begins: IntegerTable
    ends: IntegerTable
    n_active: Integers


@inlined
def n_before(events, step):
    """Count the events, sorted by their steps in the first column, that are before a step."""
    n = 0
    while n < events.shape[0] and events[n, 0] < step:
        n += 1
    return n


@kernel_of_both
def forward_layer(
    step_address: int,
    matrix: Panels,
    states: States,
    read: Input,
    lanes: Lanes,
    begin: int,
    end: int,
    slabs: Slabs,
    out: OwnSlabs,
):
    """Run the steps from one to another, the first of which reads what the one before has left.

    They write slabs, the state at each step where `out` has steps, and last states.
    """
    weights, panels = matrix.weights, matrix.places
    h_init, last, last_c = states.h_init, states.last_h, states.last_c
    carried_h, carried_c = states.first_h, states.first_c
    values, table, tokens = read.values, read.table, read.tokens
    rows, direction = read.rows, read.direction
    begins, ends, n_active = lanes.begins, lanes.ends, lanes.n_active
    u, gates, c = slabs.u, slabs.gates, slabs.c
    which, n_looked_up, first_h = slabs.which, slabs.n_looked_up, slabs.first_h
    n_begun, n_ended = n_before(begins, begin), n_before(ends, begin)
    step = unit_function_at(step_address, u)
    n_inputs, n_hidden, n_lanes = values.shape[1], h_init.size, u.shape[2]
    for t in range(begin, end):
        at, a_t = t % u.shape[0], t % gates.shape[0]
        after = (t + 1) % u.shape[0]
        while n_begun < begins.shape[0] and begins[n_begun, 0] == t:
            lane = begins[n_begun, 1]
            rows[lane] = begins[n_begun, 2]
            if carried_h.shape[0] > 0:
                for j in range(n_hidden):
                    u[at, first_h + j, lane] = carried_h[n_begun, j]
                for j in range(c.shape[1]):
                    c[t % c.shape[0], j, lane] = carried_c[n_begun, j]
            n_begun += 1
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
        while n_ended < ends.shape[0] and ends[n_ended, 0] == t:
            lane, sequence = ends[n_ended, 1], ends[n_ended, 2]
            for j in range(n_hidden):
                last[sequence, j] = u[after, first_h + j, lane]
                u[after, first_h + j, lane] = h_init[j]
            for j in range(last_c.shape[1]):
                last_c[sequence, j] = c[(t + 1) % c.shape[0], j, lane]
            for j in range(c.shape[1]):
                c[(t + 1) % c.shape[0], j, lane] = 0.0
            n_ended += 1


class Cuts(NamedTuple):
    """Places where gradients enter a tape and where they end; see `Schedule`.

    Attributes
    ----------
    ends, cuts : (n, 3) int arrays
    """

    ends: IntegerTable
    cuts: IntegerTable


class StateGradient(NamedTuple):
    """The gradient with respect to a layer's states.

    Attributes
    ----------
    h, c : (D, n_lanes) arrays
        Of the states after a step, as it is taken back from there; c of no rows where there is no
        second state.
    last : (n, D) array
        What the loss says of the last state of each sequence; of no columns where it says nothing.
    out : (n_steps, D, n_lanes) array
        What the loss, or the layer above, says of the state at each step; of no steps where they
        say nothing.
    norms : (n_steps, n_lanes) array
        Squares of the gradient with respect to h_t, of no steps where nobody asks for them.
    """

    h: OwnSlab
    c: OwnSlab
    last: OwnSlab
    out: OwnSlabs
    norms: OwnSlab


class GradientBelow(NamedTuple):
    """The gradient with respect to what a layer has read, of no steps or rows if none is wanted.

    Attributes
    ----------
    x : (n_steps, p, n_lanes) array
    table : (n, n_columns) array
    """

    x: OwnSlabs
    table: OwnSlab


class WeightGradient(NamedTuple):
    """The gradient with respect to a layer's weights.

    Attributes
    ----------
    matrix : (n_rows, n_operands) array
    tiles : (n, 4) int array
        The parts of it that are wanted.
    piece : int
        Steps whose share of it is taken at a time.
    h_init : (D,) array
    """

    matrix: OwnSlab
    tiles: IntegerTable
    piece: int
    h_init: OwnVector


@kernel_of_both
def backward_layer(
    adjoint_address: int,
    feeds_h: bool,
    to_state: Panels,
    to_input: Panels,
    tape: Cuts,
    first: int,
    end: int,
    slabs: Slabs,
    d_states: StateGradient,
    below: GradientBelow,
    d_weights: WeightGradient,
):
    """Go back over the steps from a first one to before an end."""
    ends, cuts = tape.ends, tape.cuts
    n_ends, n_cuts = n_before(ends, end), n_before(cuts, end)
    u, gates, c = slabs.u, slabs.gates, slabs.c
    which, n_looked_up, first_h = slabs.which, slabs.n_looked_up, slabs.first_h
    d_h, d_c, norms = d_states.h, d_states.c, d_states.norms
    state_weights, state_panels = to_state.weights, to_state.places
    input_weights, input_panels = to_input.weights, to_input.places
    d_last, d_out = d_states.last, d_states.out
    d_x, d_table = below.x, below.table
    d_matrix, d_h_init = d_weights.matrix, d_weights.h_init
    tiles, piece = d_weights.tiles, d_weights.piece
    adjoint = unit_function_at(adjoint_address, u)
    n_hidden = d_h.shape[0]
    stop = end
    while stop > first:
        begin = max(first, stop - piece)
        for t in range(stop - 1, begin - 1, -1):
            while n_ends > 0 and ends[n_ends - 1, 0] == t:
                n_ends -= 1
                lane, sequence = ends[n_ends, 1], ends[n_ends, 2]
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
            if n_looked_up > 0:
                scatter_rows(
                    pointer(gates[t]),
                    n_looked_up,
                    pointer(which[t]),
                    pointer(d_table),
                    d_table.shape[1],
                )
            for k in range(input_panels.shape[0] if d_x.shape[0] > 0 else 0):
                panel_product(
                    pointer(input_weights[input_panels[k, 4] :]),
                    pointer(gates[t, input_panels[k, 2] :]),
                    pointer(d_x[t, input_panels[k, 0] :]),
                    input_panels[k, 1],
                    input_panels[k, 3],
                    False,
                )
            for k in range(state_panels.shape[0]):
                panel_product(
                    pointer(state_weights[state_panels[k, 4] :]),
                    pointer(gates[t, state_panels[k, 2] :]),
                    pointer(d_h[state_panels[k, 0] :]),
                    state_panels[k, 1],
                    state_panels[k, 3],
                    feeds_h,
                )
            while n_cuts > 0 and cuts[n_cuts - 1, 0] == t:
                n_cuts -= 1
                lane = cuts[n_cuts, 1]
                for j in range(n_hidden):
                    if cuts[n_cuts, 2] == 1:
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


@kernel_of_both
def move_rows(
    source: OwnSlabs,
    first: int,
    target: OwnSlabs,
    target_first: int,
    n_rows: int,
    is_reversed: bool,
    adds: bool,
):
    """Write (or add) rows of one tape's slabs to another's, which may be read backwards."""
    n_steps = min(source.shape[0], target.shape[0])
    for t in range(n_steps):
        read, written = pointer(source[t]), pointer(target[n_steps - 1 - t if is_reversed else t])
        for j in range(n_rows):
            vector = load(read, first + j)
            if adds:
                vector = vector + load(written, target_first + j)
            store(written, target_first + j, vector)


@kernel_of_both
def move_steps(
    slabs: OwnSlabs,
    lane: Integers,
    start: Integers,
    length: Integers,
    is_reversed: bool,
    steps: OwnSlab,
    first: int,
    writes_slabs: bool,
):
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


@kernel
def distinct_tokens(
    tokens: Tokens,
    first_row: Integers,
    length: Integers,
    number: Tokens,
    ids: Tokens,
    local: Tokens,
    n_ids: Integers,
):
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
