"""Directions in which a run of a cell may change, and the run along them by its tangent."""

import ctypes

import numpy as np

from tsrnn._scan.unroll import unroll

N_DIRECTIONS = 4


def directions_of(case, seed):
    """Changes of theta (D, K), alike in all lanes, of the input (T, D, B), of h_init (D, S, B)."""
    rng = np.random.default_rng(seed)
    n_timesteps, _, n_lanes = case.x.shape
    return (
        rng.normal(size=(N_DIRECTIONS, len(case.theta))),
        rng.normal(size=(n_timesteps, N_DIRECTIONS, n_lanes)),
        rng.normal(size=(N_DIRECTIONS, case.cell.n_state, n_lanes)),
    )


def address(array):
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def tangent_of(cell):
    numbers, whole = ctypes.POINTER(ctypes.c_double), ctypes.c_int64
    return ctypes.CFUNCTYPE(None, *[numbers] * 9, *[whole] * 5)(cell.tangent.address)


def push(case, d_theta, d_x, d_h):
    """Derivatives of states (T+1, D, S, B) and outputs (T, D, B), step by step by the kernel."""
    cell, (n_timesteps, _, n_lanes) = case.cell, case.x.shape
    states, outputs = unroll(cell, case.theta, case.x, case.h_init)
    d_states = np.full((n_timesteps + 1, *d_h.shape), np.nan)
    d_outputs = np.full((n_timesteps, N_DIRECTIONS, n_lanes), np.nan)
    d_states[0] = d_h
    scratch = np.empty((4, n_lanes))
    moved = d_h.copy()
    kernel = tangent_of(cell)
    sizes = N_DIRECTIONS, cell.n_state, n_lanes, n_lanes
    for t in range(n_timesteps):
        error = case.x[t, 0] - outputs[t, 0]
        seen = 1.0 - np.isnan(error)
        arrays = (
            case.theta,
            states[t],
            np.nan_to_num(error),
            seen,
            d_theta,
            d_x[t],
            moved,
            d_outputs[t],
            scratch,
        )
        kernel(*[address(array) for array in arrays], t, *sizes)
        d_states[t + 1] = in_order(case, moved, t + 1)
    return d_states, d_outputs


def in_order(case, moved, n_steps):
    """Derivatives (D, S, B) that the kernel has left where they were, the oldest season first."""
    ordered = moved.copy()
    for seasons in rows_of_seasons(case.name, case.cell.n_state):
        ordered[:, seasons] = np.roll(moved[:, seasons], -n_steps, axis=1)
    return ordered


def rows_of_seasons(name, n_state):
    """Places in the state of numbers that each step moves up by one."""
    n_plain = 2 if name in ("complex_partial", "complex_full") or "winters" in name else 0
    if name in ("complex_simple", "complex_full"):
        half = (n_state - n_plain) // 2
        return [slice(n_plain, n_plain + half), slice(n_plain + half, n_state)]
    return [slice(2, n_state)] if n_plain else []
