"""`make bench`: preview, create, review, approve, the week's timeline and a feed, at 1k, 10k and 100k stored bookings.

Each is shown beside a floor measured in the same run: a bare Flask route under the same server and a raw SQL insert
into the same constraint, together. Read the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.scenes import Floor, Result, Stage

SIZES = (1_000, 10_000, 100_000)
REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--requests", type=int, default=200, help="requests of a single client")
    parser.add_argument("--write", action="store_true", help=f"keep the report in {REPORT.name}")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gmp-bench-"))
    try:
        with Stage(folder) as stage:
            report = run(stage, sizes=options.sizes, requests=options.requests)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(report)
    if options.write:
        REPORT.write_text(report + "\n")


def run(stage: Stage, *, sizes: list[int], requests: int) -> str:
    lines: list[str] = []
    floors: list[Floor] = []
    creates: dict[int, float] = {}
    for size in sizes:
        stage.store(size)
        for scene in stage.scenes():
            result = stage.measure(scene, requests=requests)
            floors.append(result.floor)
            lines.append(_line(size, scene.name, result))
            if scene.name == "create":
                creates[size] = result.ratio
    header = HEADER.format(
        today=datetime.now(UTC).date(),
        machine=platform.machine(),
        cores=stage.cores,
        route=median(each.route for each in floors),
        insert=median(each.insert for each in floors),
        both=median(each.both for each in floors),
    )
    return "\n".join([header, *lines, "", _growth(creates), "", NOTES])


def _line(size: int, name: str, result: Result) -> str:
    return (
        f"| {size:,} | {name} | {result.alone.p50:.2f} | {result.alone.p95:.2f} | {result.floor.both:.2f} "
        f"| {result.ratio:.1f} | {result.rate:.0f} | {result.crowd_rate:.0f} | {result.statements} |"
    )


def _growth(creates: dict[int, float]) -> str:
    if len(creates) < 2:
        return ""
    first, last = min(creates), max(creates)
    growth = creates[last] / creates[first]
    return f"Create at {last:,} stored bookings costs {growth:.2f}× what it costs at {first:,}, each beside its floor."


HEADER = """\
# Benchmarks

Made by `make bench ARGS=--write` on {today}: {machine}, {cores} cores shared by the database, two web processes and the
clients; embedded PostgreSQL, fsync on. Milliseconds differ from machine to machine; read the ratios.

**Floor.** A bare Flask route and a raw SQL insert into the slot constraint, committed; together they are what nothing
can be cheaper than. A machine has moods, so both are measured in turns with each kind of request, and each line has its
own floor. In this run: {route:.2f} ms and {insert:.2f} ms, together {both:.2f} ms (medians).

| stored | request | p50 ms | p95 ms | floor ms | × floor | requests/s, 1 client | requests/s, 8 clients | statements |
|---:|---|---:|---:|---:|---:|---:|---:|---:|"""

NOTES = """\
*Approve* is signed: its time is mostly the password hash (argon2), which is slow on purpose. Statements are those of
one request, finding out who asks among them."""

if __name__ == "__main__":
    main()
