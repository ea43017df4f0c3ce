"""Code of every kernel for a processor of another kind: whether it comes out, and how large it is.

Nothing of it is run here. In a checkout:

    python benchmarks/other_processors.py --triple aarch64-unknown-linux-gnu
"""

from __future__ import annotations

import argparse
import re

import llvmlite.binding as llvm

from tsrnn._compute import numba_code
from tsrnn._compute.shipping import every_kernel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--triple", default="aarch64-unknown-linux-gnu")
    parser.add_argument("--processor", default="generic")
    options = parser.parse_args()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(options.triple).create_target_machine(
        cpu=options.processor, opt=3, codemodel="large", reloc="static"
    )

    def emit(text: str) -> bytes:
        text = re.sub('target triple = "[^"]*"', f'target triple = "{options.triple}"', text)
        layout = f'target datalayout = "{machine.target_data}"'
        return machine.emit_object(
            llvm.parse_assembly(re.sub('target datalayout = "[^"]*"', layout, text))
        )

    numba_code._emit = emit
    sizes = [len(numba_code.object_file(one)) for one in every_kernel()]
    print(f"{len(sizes)} kernels and steps for {options.triple}: {sum(sizes):,} bytes")


if __name__ == "__main__":
    main()
