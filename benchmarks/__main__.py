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

from benchmarks.scenes import Scene, Stage

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
    floor = stage.measure_floor(requests)
    lines = HEADER.format(
        today=datetime.now(UTC).date(),
        machine=platform.machine(),
        cores=stage.cores,
        route=floor.route.p50,
        insert=floor.insert.p50,
        both=floor.both,
    ).splitlines()
    creates: dict[int, float] = {}
    for size in sizes:
        stage.store(size)
        for scene in stage.scenes():
            lines.append(_line(stage, scene, size, requests, creates, floor.both))
    lines += ["", _growth(creates), "", NOTES]
    return "\n".join(lines)


def _line(stage: Stage, scene: Scene, size: int, requests: int, creates: dict[int, float], floor_ms: float) -> str:
    alone = stage.measure(scene, clients=1, requests=min(requests, scene.most))
    crowd = stage.measure(scene, clients=scene.crowd, requests=max(min(requests, scene.most) // 4, 8))
    if scene.name == "create":
        creates[size] = alone.p50
    return (
        f"| {size:,} | {scene.name} | {alone.p50:.2f} | {alone.p95:.2f} | {alone.p50 / floor_ms:.1f} "
        f"| {alone.rate:.0f} | {crowd.rate:.0f} | {stage.count_statements(scene)} |"
    )


def _growth(creates: dict[int, float]) -> str:
    if len(creates) < 2:
        return ""
    first, last = min(creates), max(creates)
    return f"Create at {last:,} stored bookings costs {creates[last] / creates[first]:.2f}× what it costs at {first:,}."


HEADER = """\
# Benchmarks

Made by `make bench ARGS=--write` on {today}: {machine}, {cores} cores shared by the database, two web processes and the
clients; embedded PostgreSQL, fsync on. Milliseconds differ from machine to machine; read the ratios.

**Floor in this run.** Bare Flask route {route:.2f} ms; raw SQL insert into the slot constraint, committed,
{insert:.2f} ms; together, which is the floor, {both:.2f} ms.

| stored | request | p50 ms | p95 ms | × floor | requests/s, 1 client | requests/s, 8 clients | statements |
|---:|---|---:|---:|---:|---:|---:|---:|"""

NOTES = """\
*Approve* is signed: its time is mostly the password hash (argon2), which is slow on purpose. Statements are those of
one request, finding out who asks among them."""

if __name__ == "__main__":
    main()
