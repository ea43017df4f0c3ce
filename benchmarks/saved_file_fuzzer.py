"""Count what becomes of saved models that were changed in their structure and signed again.

Each file is loaded and used twice, memory that is not initialised being filled differently: results
that differ came from there.

    python benchmarks/saved_file_fuzzer.py --files 10000 --jobs 2 [--package OTHER_CHECKOUT]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_HERE = Path(__file__).resolve().parent.parent
_FILLS = (85, 170)
_AT_A_TIME = 250


def main():
    """Make the files, use them, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--package", default=_HERE, help="folder of the tsrnn to try")
    parser.add_argument("--show", type=int, default=40, help="kinds of failures to list")
    arguments = parser.parse_args()
    last = arguments.first + arguments.files
    starts = range(arguments.first, last, _AT_A_TIME)
    with tempfile.TemporaryDirectory() as folder:
        python(arguments.package, "import sys, pathlib, forged_files;"
               "forged_files.save_all(pathlib.Path(sys.argv[1]))", [folder], 0)  # fmt: skip
        code = "import sys, pathlib, forged_files;" + (
            "forged_files.run(pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:5]))"
        )
        with ThreadPoolExecutor(arguments.jobs) as pool:
            calls = [
                pool.submit(
                    python,
                    arguments.package,
                    code,
                    [folder, start, min(start + _AT_A_TIME, last), fill],
                    fill,
                )
                for start in starts
                for fill in _FILLS
            ]
            lines = [call.result() for call in calls]
    runs = [{}, {}]
    for i, text in enumerate(lines):
        for line in text.splitlines():
            number, *rest = line.split("\t")
            runs[i % 2][int(number)] = rest
    report(runs, arguments.show)


def python(package, code, arguments, fill):
    """Run code that sees a package and the tests of this checkout."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(package), str(_HERE / "tests" / "helpers")]),
        "PYTHONHASHSEED": "0",
        "MALLOC_PERTURB_": str(fill),
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, cwd=package, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def report(runs, n_shown):
    """Print how many files had which outcome, and the commonest failures."""
    counts, failures = Counter(), Counter()
    for number, (name, what, digest) in sorted(runs[0].items()):
        _, other, other_digest = runs[1][number]
        kind = what.partition(":")[0]
        if digest != other_digest and "crash" not in what + other and "hang" not in what + other:
            kind, what = "uninitialised", f"uninitialised: {what} / {other}"
        elif "crash" in other and "crash" not in what:
            kind, what = "crash", other
        counts[kind] += 1
        if kind not in ("right", "refused", "named error"):
            failures[f"{name}: {what}"] += 1
            print(f"{number}\t{name}\t{what}", file=sys.stderr)
    for kind, count in counts.most_common():
        print(f"{kind:<16}{count:>7}")
    print(f"{'in all':<16}{sum(counts.values()):>7}")
    for what, count in failures.most_common(n_shown):
        print(f"{count:>5}  {what}")


if __name__ == "__main__":
    main()
