"""The processor that machine code is for, and LLVM's generator of code for it."""

from __future__ import annotations

import functools
import os
import platform
from typing import Any, NamedTuple

# Processors that code is shipped for, the best first, with features that they are known by.
LEVELS = (
    {
        "x86-64-v4": ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
        "x86-64-v3": ("avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"),
        "x86-64-v2": ("cx16", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"),
    }
    if platform.machine() in ("x86_64", "AMD64")
    else {"generic": ()}
)


class Processor(NamedTuple):
    """A processor that code is made for: LLVM's name of it, and features that it has or has not."""

    name: str
    features: str


@functools.cache
def llvm() -> Any:
    """Return LLVM's interface, for this machine."""
    import llvmlite.binding

    llvmlite.binding.initialize_native_target()
    llvmlite.binding.initialize_native_asmprinter()
    return llvmlite.binding


@functools.cache
def _host_features() -> dict[str, bool]:
    features = dict(llvm().get_host_cpu_features())
    if os.environ.get("NUMBA_ENABLE_AVX", "1") == "0":
        features |= {name: False for name in features if name.startswith("avx")}
    return features


@functools.cache
def processor() -> Processor:
    """Return what code is compiled for here: numba's settings say, or else it is this machine."""
    name, features = (os.environ.get(f"NUMBA_CPU_{one}") for one in ("NAME", "FEATURES"))
    if features is None:
        own = sorted(_host_features().items()) if name is None else []
        features = ",".join(f"{'+' if has else '-'}{feature}" for feature, has in own)
    return Processor(llvm().get_host_cpu_name() if name is None else name, features)


# Numba's settings that compiled code does not depend on begin like this.
_SETTINGS_OF_OTHERS = ("NUM_THREADS", "CUDA", "CACHE", "THREADING", "COLOR", "SHOW_HELP", "GDB")


def settings() -> list[tuple[str, str]]:
    """Return numba's settings that code depends on, as they are given to this process."""
    found = sorted(
        item
        for item in os.environ.items()
        if item[0].startswith("NUMBA_")
        and not item[0].removeprefix("NUMBA_").startswith(_SETTINGS_OF_OTHERS)
    )
    try:
        with open(".numba_config.yaml", encoding="utf-8") as file:
            found.append((".numba_config.yaml", file.read()))
    except OSError:
        pass
    return found


@functools.cache
def shipped_level() -> str | None:
    """Return the level whose code this machine takes: its own, and none where settings say more.

    Not a lower one: what kernels are given is laid out for the registers of the machine, and must
    not be more than their code expects (see `tsrnn._compute.vector_sizes`).
    """
    if settings():
        return None
    host = _host_features()
    for i, level in enumerate(LEVELS):
        if all(host.get(feature) for below in list(LEVELS)[i:] for feature in LEVELS[below]):
            return None if i > 0 and host.get("avx512f") else level
    return None


@functools.cache
def target_machine() -> Any:
    """Return LLVM's generator of code for the processor."""
    target = llvm().Target.from_default_triple()
    reloc = "static" if target.name.startswith("x86") else "default"
    return target.create_target_machine(
        cpu=processor().name,
        features=processor().features,
        opt=3,
        reloc=reloc,
        codemodel="jitdefault",
        jit=True,
    )
