"""The severity of each rule for each class of work, cell by cell as in the table of rules."""

import importlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conflict_facts import (
    EQUIPMENT,
    PersonBusy,
    at,
    busy,
    case,
    during,
    equipment,
    operator,
    outage,
    reservation,
    room,
    session,
)

from gmp_booking.conflicts import engine
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.privacy import APPLIES
from gmp_booking.conflicts.privacy import CODE as PRIVACY
from gmp_booking.conflicts.rule import H, S, SeverityMatrix, Texts, W, discover, rule
from gmp_booking.conflicts.work_class import WorkClass, work_class_of

COLUMNS = ["clin", "eng", "media_fill", "device", "service", "demo", "seated", "clinical_demo"]


RULES = [importlib.import_module(path.stem) for path in sorted(Path(__file__).parent.glob("test_*[0-9].py"))]
"""The test file of each rule."""
TABLE = {code: row for module in RULES for code, row in module.SEVERITIES.items()}
"""Code → severities by work class (`SEVERITIES` of its test file, in the order of COLUMNS)."""
WRONG = {code: module.wrong for module in RULES for code in module.SEVERITIES if hasattr(module, "wrong")}
"""Code → a case that breaks the rule (`wrong` of its test file), where `everything_wrong` does not break it."""
WEIGHTS = {"H": "HARD", "S": "SOFT", "W": "WARN", "–": None}

PLACES = {
    "clin": ("CLEANROOM", "CLIN", "B-01"),
    "eng": ("CLEANROOM", "ENG", "B-01"),
    "media_fill": ("APS", None, "B-01"),
    "service": ("QC", None, "L-01"),
    "demo": ("TECH_DEMO", None, "T-01"),
    "seated": ("EDUCATION", None, "T-02"),
    "clinical_demo": ("CLINICAL_DEMO", None, "C-01"),
}


def cells():
    return [
        (rule, name, WEIGHTS[cell])
        for rule, cells in TABLE.items()
        for name, cell in zip(COLUMNS, cells.split(), strict=True)
    ]


def test_every_rule_has_a_row_and_every_row_a_rule():
    assert set(TABLE) == {*discover(), PRIVACY}
    assert [one.value for one in WorkClass] == COLUMNS


@pytest.mark.parametrize("code, name, expected", cells())
def test_a_rule_declares_the_weight_of_its_cell(code, name, expected):
    severities = APPLIES if code == PRIVACY else discover()[code].severities
    weight = severities.severity_for(WorkClass(name))
    assert (weight.value if weight else None) == expected


def everything_wrong(kind, run_type, place):
    """A session at night with too many people, one of them elsewhere, in a taken room at a taken cabinet.

    The room is out of service, too, its air does not move, it is of a poor grade, used under GMP, has one seat and
    another use right after; nobody asked in time.
    """
    people = tuple(operator(number) for number in range(30))
    night = session("20", "23", room=place, people=people, equipment=("BSC-X",), exposure="ASEPTIC_OPEN", headcount=40)
    facts = case(
        night,
        kind=kind,
        run_type=run_type,
        with_rooms=(
            replace(
                room(
                    place,
                    busy("19", "21"),
                    busy("23:05", "23:50"),
                    grade="C",
                    room_class={"L-01": "SERVICE", "T-01": "DEMO", "T-02": "SEATED"}.get(place, "GMP"),
                    withdrawn=(outage("19", "22"), outage("19", "22", kind="AHU_STOP", subject=("AHU", "AHU-1"))),
                ),
                recovery=timedelta(minutes=20),
                seats=1,
                is_gmp=True,
            ),
        ),
        with_equipment=(equipment("BSC-X", (busy("19", "21"),), use="ATTENDED", home=place),),
        people={1: (PersonBusy(during("20", "22"), "B-03"),)},
    )
    return replace(facts, booking=replace(facts.booking, asked_at=at("9", 1), seats=30))


DEMONSTRATED = {"eng": ("TECH_DEMO", None, "B-01"), "service": ("TOUR", None, "L-01")}
"""Where a rule on demonstrations is read in the column of other work."""


def test_the_engine_gives_each_finding_the_weight_of_its_cell():
    for code, name, expected in cells():
        if name == "device" or code == PRIVACY:
            continue
        place = (DEMONSTRATED if code == "DM-01" else {}).get(name, PLACES[name])
        facts = WRONG.get(code, everything_wrong)(*place)
        found = [finding for finding in examine(facts).findings if finding.code == code]
        assert {finding.severity.value for finding in found} == ({expected} - {None}), (code, name)


def test_a_device_run_is_judged_for_its_places_alone():
    run = reservation("INC-01", during("0", "0", 1, until=20))
    taken = case(reservations=(run,), kind="EQUIPMENT", with_equipment=(equipment("INC-01", (busy("9", "12", 4),)),))
    assert [(finding.code, finding.severity.value) for finding in examine(taken).findings] == [("EQ-01", "HARD")]


GMP, SERVICE, DEMO, SEATED, DEVICE = "GMP", "SERVICE", "DEMO", "SEATED", None


@pytest.mark.parametrize(
    "kind, run_type, place, expected",
    [
        ("CLEANROOM", "CLIN", GMP, "clin"),
        ("CLEANROOM", "ENG", GMP, "eng"),
        ("CLEANROOM", None, GMP, "clin"),
        ("CLEANROOM", "CLIN", SERVICE, "service"),
        ("CLEANROOM", "ENG", SERVICE, "service"),
        ("CLEANROOM", "ENG", DEMO, "demo"),
        ("CLEANROOM", "ENG", SEATED, "seated"),
        ("EQUIPMENT", None, DEVICE, "device"),
        ("EQUIPMENT", "ENG", DEVICE, "device"),
        ("CLEANROOM", "CLIN", DEVICE, "device"),
        ("APS", None, DEVICE, "device"),
        ("EQUIPMENT", "CLIN", GMP, "clin"),
        ("EQUIPMENT", "ENG", GMP, "eng"),
        ("EQUIPMENT", None, GMP, "clin"),
        ("EQUIPMENT", None, SERVICE, "service"),
        ("QC", None, SERVICE, "service"),
        ("QC", None, GMP, "clin"),
        ("APS", None, GMP, "media_fill"),
        ("APS", "CLIN", GMP, "media_fill"),
        ("APS", None, SERVICE, "media_fill"),
        *((kind, None, DEMO, "demo") for kind in ("TECH_DEMO", "EDUCATION", "TOUR", "REVIEW")),
        *((kind, None, SEATED, "seated") for kind in ("TECH_DEMO", "EDUCATION", "TOUR", "REVIEW")),
        *((kind, None, GMP, "eng") for kind in ("TECH_DEMO", "EDUCATION", "TOUR", "REVIEW")),
        *((kind, None, SERVICE, "service") for kind in ("TECH_DEMO", "EDUCATION", "TOUR", "REVIEW")),
        *(("CLINICAL_DEMO", None, place, "clinical_demo") for place in (GMP, SERVICE, DEMO, SEATED)),
    ],
)  # fmt: skip
def test_the_column_of_each_kind_in_each_place(kind, run_type, place, expected):
    assert work_class_of(kind, run_type, place) == expected


EACH_CELL_APART = SeverityMatrix(clin=H, eng=W, media_fill=S, device=None, service=W, demo=W, seated=W, clinical_demo=S)


@pytest.fixture
def planted(monkeypatch):
    """One rule that complains of every reservation and weighs differently wherever it can."""

    @rule("XX-01", "Nothing is reserved", applies=EACH_CELL_APART, source="a test", texts=Texts(own="No."))
    def complain(facts):
        for one in facts.reservations:
            yield Violation(resource=one.equipment, period=one.period, reservation=one.number)

    monkeypatch.setattr(engine, "discover", lambda: {"XX-01": complain})


@pytest.mark.parametrize("use, kind, run_type, expected", [
    ("ATTENDED", "EQUIPMENT", "CLIN", [H]),
    ("ATTENDED", "EQUIPMENT", "ENG", [W]),
    ("ATTENDED", "APS", None, [S]),
    ("RUNS_ALONE", "EQUIPMENT", "CLIN", []),
    ("FREE", "EQUIPMENT", "CLIN", []),
])  # fmt: skip
def test_attended_equipment_is_judged_like_its_room_and_what_runs_alone_as_a_device(
    planted, use, kind, run_type, expected
):
    booking = case(
        reservations=(reservation("X-1", during("9", "12")),),
        kind=kind,
        run_type=run_type,
        with_equipment=(equipment("X-1", use=use),),
    )
    assert [finding.severity for finding in examine(booking).findings] == expected


def test_the_small_facility_has_equipment_of_every_use():
    assert {one.room_use for one in EQUIPMENT.values()} == {"ATTENDED", "RUNS_ALONE", "FREE"}
