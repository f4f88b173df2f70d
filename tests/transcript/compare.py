"""`python -m tests.transcript.compare OLD NEW`: what differs between two transcripts, each difference once."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from tests.transcript.markup import SPACE

CONTEXT = 2


@dataclass(frozen=True)
class Difference:
    """Lines of the old transcript and what stands there in the new one, without their indentation."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass
class Place:
    """Where a difference was found first, and how often in which files."""

    before: list[str]
    after: list[str]
    files: dict[str, int] = field(default_factory=dict)


Rewordings = list[tuple[str, str]]


def read_rewordings(path: Path) -> Rewordings:
    """Shape: a file with two texts a line, separated by a tab: as it was, and as it is now."""
    return [(old, new) for old, _tab, new in (line.partition("\t") for line in path.read_text().splitlines()) if old]


def differences(
    old: Path, new: Path, rewordings: Rewordings, *, without_spaces: bool = False
) -> dict[Difference, Place]:
    """Every difference of two transcripts with its places, in the order they came up."""
    found: dict[Difference, Place] = {}
    for left, right in paired(old, new):
        name = (right or left or Path()).name
        before, after = (
            [line.replace(SPACE, "").strip() for line in lines] if without_spaces else lines
            for lines in (_lines(left, rewordings), _lines(right, []))
        )
        if before != after:
            for difference, place in _of_one_file(before, after):
                kept = found.setdefault(difference, place)
                kept.files[name] = kept.files.get(name, 0) + 1
    return found


def paired(old: Path, new: Path) -> Iterator[tuple[Path | None, Path | None]]:
    """Files of the same name beside each other; one more mail moves the numbers of all that follow."""
    left, right = (sorted(folder.glob("*.txt")) for folder in (old, new))
    names = [[re.sub(r"^\d+-", "", path.name) for path in paths] for paths in (left, right)]
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from zip(left[i1:i2], right[j1:j2], strict=True)
        else:
            yield from ((path, None) for path in left[i1:i2])
            yield from ((None, path) for path in right[j1:j2])


def _lines(path: Path | None, rewordings: Rewordings) -> list[str]:
    if path is None:
        return ["(there is no such file)"]
    text = path.read_text()
    for old, new in rewordings:
        text = text.replace(old, new)
    return [line.strip() for line in text.splitlines()]


def _of_one_file(before: list[str], after: list[str]) -> Iterator[tuple[Difference, Place]]:
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield (
                Difference(tuple(before[i1:i2]), tuple(after[j1:j2])),
                Place(before[max(i1 - CONTEXT, 0) : i1], before[i2 : i2 + CONTEXT]),
            )


def describe(difference: Difference, place: Place, *, most: int) -> Iterator[str]:
    """One difference as text: how often and where, then its lines with those around them."""
    first = next(iter(place.files))
    times = sum(place.files.values())
    yield f"== {times} × in {len(place.files)} files, first in {first}"
    yield from (f"  {line}" for line in place.before)
    for sign, lines in (("-", difference.old), ("+", difference.new)):
        yield from (f"{sign} {line}" for line in lines[:most])
        if len(lines) > most:
            yield f"{sign} … {len(lines) - most} lines more"
    yield from (f"  {line}" for line in place.after)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.transcript.compare", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--reworded", type=Path, help="a file of texts that were changed on purpose: old, tab, new")
    parser.add_argument("--lines", type=int, default=12, help="the most lines shown of one side of a difference")
    parser.add_argument("--without-spaces", action="store_true", help="leave out spaces at the edges of inline texts")
    given = parser.parse_args()
    rewordings = read_rewordings(given.reworded) if given.reworded else []
    found = differences(given.old, given.new, rewordings, without_spaces=given.without_spaces)
    for difference, place in found.items():
        print(*describe(difference, place, most=given.lines), "", sep="\n")
    files = {name for place in found.values() for name in place.files}
    print(f"{len(found)} differences in {len(files)} files of {sum(1 for _ in given.new.glob('*.txt'))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
