"""The time zone of the facility is a value that is passed; only its setting has a default."""

from __future__ import annotations

import re

from tests.architecture.sources import texts

ZONE = re.compile(r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z]|\bSEOUL\b|\bKST\b")


def test_no_module_names_a_time_zone() -> None:
    ours = {name: text for name, text in texts().items() if name.startswith("gmp_booking/")}
    assert len(ours) > 300
    naming = {
        f"{name}:{number}: {line.strip()}"
        for name, text in ours.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if ZONE.search(line)
    }
    assert naming == set(), "the zone is uow.zone, current_zone() or an argument"
