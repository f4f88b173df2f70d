"""`make bench`: preview, create, review, approve, week timeline and feed at 1k, 10k and 100k stored bookings.

Each request is compared with a baseline of the same run: a minimal Flask route on the same server plus a raw SQL
insert into the same constraint. The ratios are comparable between machines, the milliseconds are not.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.server import Baseline, BenchmarkServer, Result

SIZES = (1_000, 10_000, 100_000)
REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--requests", type=int, default=200, help="requests of a single client")
    parser.add_argument("--write", action="store_true", help=f"write the report to {REPORT.name}")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gmp-bench-"))
    try:
        with BenchmarkServer(folder) as server:
            report = run(server, sizes=options.sizes, requests=options.requests)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(report)
    if options.write:
        REPORT.write_text(report + "\n")


def run(server: BenchmarkServer, *, sizes: list[int], requests: int) -> str:
    lines: list[str] = []
    baselines: list[Baseline] = []
    creates: dict[int, float] = {}
    for size in sizes:
        server.store(size)
        for kind in server.request_kinds():
            result = server.measure(kind, requests=requests)
            baselines.append(result.baseline)
            lines.append(_line(size, kind.name, result))
            if kind.name == "create":
                creates[size] = result.ratio
    header = HEADER.format(
        today=datetime.now(UTC).date(),
        machine=platform.machine(),
        cores=server.cores,
        route=median(each.route for each in baselines),
        insert=median(each.insert for each in baselines),
        both=median(each.both for each in baselines),
    )
    return "\n".join([header, *lines, "", _growth(creates), "", NOTES])


def _line(size: int, name: str, result: Result) -> str:
    return (
        f"| {size:,} | {name} | {result.single.p50:.2f} | {result.single.p95:.2f} | {result.baseline.both:.2f} "
        f"| {result.ratio:.1f} | {result.rate:.0f} | {result.concurrent_rate:.0f} | {result.statements} |"
    )


def _growth(creates: dict[int, float]) -> str:
    if len(creates) < 2:
        return ""
    first, last = min(creates), max(creates)
    growth = creates[last] / creates[first]
    return f"Create at {last:,} stored bookings takes {growth:.2f}× the ratio at {first:,}."


HEADER = """\
# Benchmarks

Written by `make bench ARGS=--write` on {today}: {machine}, {cores} cores shared by the database, two web processes and
the clients; embedded PostgreSQL, fsync on. Milliseconds differ between machines; compare the ratios.

**Baseline.** A minimal Flask route plus a raw SQL insert into the slot constraint, committed: no request can take less.
The speed of a machine varies, so the baseline is measured alternately with each kind of request, and each line has its
own. In this run: {route:.2f} ms and {insert:.2f} ms, together {both:.2f} ms (medians).

| stored | request | p50 ms | p95 ms | baseline ms | × baseline | per s, 1 client | per s, 8 clients | statements |
|---:|---|---:|---:|---:|---:|---:|---:|---:|"""

NOTES = """\
*Approve* is signed: most of its time is the password hash (argon2), which is slow on purpose. Statements are counted
for one request, authentication included."""

if __name__ == "__main__":
    main()
