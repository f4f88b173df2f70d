"""PV-01: another company reads busy blocks and nothing else."""

import json
from dataclasses import replace

import pytest
from conflict_facts import ME, PersonBusy, busy, case, during, equipment, operator, reservation, room, session

from gmp_booking.conflicts.case import Owner
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.locale_formatter import LocaleFormatter
from gmp_booking.conflicts.privacy import Audience, finding_as_json, redact, render, view_of
from gmp_booking.conflicts.work_class import WorkClass
from gmp_booking.kernel.vocabulary import Exposure
from tests.zones import SEOUL

SEVERITIES = {"PV-01": "H H H H H H H H"}

CANARY = "BK-CANARY99"
SECRET_ROOM = "ROOM-CANARY"
SECRET_WORK = {
    "product": "PRODUCT-CANARY",
    "work_class": WorkClass.CLINICAL_DEMO,
    "exposure": Exposure.ASEPTIC_OPEN,
    "owner": Owner.CHANGEOVER,
}


def as_seoul(instant):
    return instant.astimezone(SEOUL).strftime("%d %H:%M")


def in_words(language="en", gettext=str):
    return LocaleFormatter(
        language=language,
        gettext=gettext,
        instant=as_seoul,
        period=lambda period: f"{as_seoul(period.start)} – {as_seoul(period.end)}",
        day=lambda day: day.isoformat(),
    )


def against_a_competitor():
    """Every rule complains, and wherever a competitor is in the way its traces are canaries."""
    taken = tuple(
        replace(each, **SECRET_WORK)
        for each in (busy("19", "21", reference=CANARY), busy("21", "23", by=4711, reference=CANARY))
    )
    return case(
        session("20", "22", people=tuple(operator(number) for number in range(9)), equipment=("BSC-01",)),
        reservations=(
            reservation("ACP-01", during("9", "9", 2, until=9)),
            reservation("INC-01", during("9", "9", 2, until=9), units=2, number=2),
            reservation("INC-02", during("9", "9", 2, until=9), units=1, number=3),
        ),
        with_rooms=(room("B-01", *taken), room(SECRET_ROOM)),
        with_equipment=(
            equipment("BSC-01", taken, use="ATTENDED", kind="BSC"),
            equipment("ACP-01", taken, kind="ACP", home="B-03"),
            equipment("INC-01", taken, ()),
            equipment("INC-02", (busy("9", "10", 3, reference=CANARY),), (busy("9", "10", 4, reference=CANARY),)),
        ),
        people={1: (PersonBusy(during("20", "21"), SECRET_ROOM), PersonBusy(during("22:10", "23"), SECRET_ROOM))},
    )  # fmt: skip


FINDINGS = examine(against_a_competitor()).findings


def everything_said(finding, audience):
    redacted = redact(finding, audience)
    out = finding_as_json(view_of(finding, audience, in_words()))
    return json.dumps([redacted.text, dict(redacted.params), dict(redacted.remedy), out], ensure_ascii=False)


def test_every_rule_has_complained():
    assert {finding.code for finding in FINDINGS} == {"RM-01", "RM-04", "EQ-01", "PE-03", "CA-01"}
    assert {"", "full", "scattered", "gowning"} <= {finding.text for finding in FINDINGS}


@pytest.mark.parametrize("audience", [Audience.OWN, Audience.OTHERS])
@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: f"{finding.code}-{finding.text or 'plain'}")
def test_no_company_reads_a_competitors_traces(finding, audience):
    said = everything_said(finding, audience)
    for canary in (CANARY, SECRET_ROOM, "4711", *SECRET_WORK.values()):
        assert canary not in said


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: f"{finding.code}-{finding.text or 'plain'}")
def test_what_a_company_keeps_holds_no_canary(finding):
    kept = json.dumps(finding.as_dict())
    assert not [canary for canary in (CANARY, SECRET_ROOM, *SECRET_WORK.values()) if canary in kept]


def test_the_facility_reads_who_is_in_the_way():
    traces = {"RM-01": CANARY, "EQ-01": CANARY, "PE-03": SECRET_ROOM}
    for finding in FINDINGS:
        assert traces.get(finding.code, "") in render(finding, Audience.STAFF, in_words())


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: f"{finding.code}-{finding.text or 'plain'}")
def test_others_read_the_resource_the_period_and_the_earliest_start_only(finding):
    redacted = redact(finding, Audience.OTHERS)
    assert dict(redacted.params) == {}
    assert set(redacted.remedy) <= {"earliest_start"}
    out = finding_as_json(view_of(finding, Audience.OTHERS, in_words()))
    assert set(out) == {"rule", "severity", "message", "resource", "start", "end", "override", "remedy"}
    assert "Person" not in json.dumps(out)
    assert out["message"].startswith(f"{finding.resource} ")
    assert " is not available " in out["message"]


def test_a_clash_with_the_own_company_names_its_booking_to_the_company():
    mine = case(session("9", "12"), with_rooms=(room("B-01", busy("9", "12", by=ME, reference="BK-MINE2345")),))
    (finding,) = examine(mine).findings
    assert "BK-MINE2345" in render(finding, Audience.OWN, in_words())
    assert "BK-MINE2345" not in everything_said(finding, Audience.OTHERS)


def test_own_and_competitor_in_the_way_at_once_are_told_apart():
    both = (busy("9", "10", by=ME, reference="BK-MINE2345"), busy("10", "12", reference=CANARY))
    mine, theirs = examine(case(session("9", "12"), with_rooms=(room("B-01", *both),))).findings
    assert (mine.period, theirs.period) == (during("9", "10"), during("10", "12"))
    assert CANARY not in everything_said(mine, Audience.OWN) + everything_said(theirs, Audience.OWN)


def message_of(finding: Finding, language="en", gettext=str):
    return render(finding, Audience.OWN, in_words(language, gettext))


def test_a_finding_reads_as_a_sentence_with_the_way_out():
    (finding,) = examine(case(session("11:30", "14"), with_rooms=(room("B-01", busy("9", "12")),))).findings
    assert message_of(finding) == "B-01 Room B-01 is reserved 02 09:00 – 02 12:00. Earliest free start: 02 12:00."


@pytest.mark.parametrize("language, name", [("ko", "B-01실"), ("zh_Hans", "B-01室"), ("fr", "Room B-01")])
def test_names_follow_the_language_of_the_reader(language, name):
    (finding,) = examine(case(session("11:30", "14"), with_rooms=(room("B-01", busy("9", "12")),))).findings
    assert message_of(finding, language).startswith(f"B-01 {name} is reserved")


def test_a_holiday_is_named_in_the_language_of_the_reader():
    (finding,) = examine(case(session("9", "12", 1))).findings
    assert message_of(finding, "ko") == "2027-03-01 is 삼일절; on-call cover is required."
    assert message_of(finding, "en") == "2027-03-01 is Independence Movement Day; on-call cover is required."


def test_sentences_are_translated_before_they_are_filled():
    asked = []

    def gettext(message):
        asked.append(message)
        return message

    (finding,) = examine(case(session("11:30", "14"), with_rooms=(room("B-01", busy("9", "12")),))).findings
    message_of(finding, gettext=gettext)
    assert asked == ["{resource} is reserved {period}.", "Earliest free start: {earliest_start}."]


def test_braces_in_a_name_are_only_letters():
    odd = operator(1)
    object.__setattr__(odd, "name", "{resource}{0}")
    facts = case(session("9", "12", people=(odd,)), people={1: (PersonBusy(during("9", "10"), "B-02"),)})
    (finding,) = examine(facts).findings
    assert message_of(finding).startswith("{resource}{0} is already assigned")


def test_roles_that_override_together_are_joined_in_the_public_shape_alone():
    (finding,) = examine(case(session("9", "12", 6))).findings
    view = view_of(replace(finding, override=("PRODUCTION_MANAGER", "QA")), Audience.OWN, in_words())
    assert view.override == ("PRODUCTION_MANAGER", "QA")
    assert finding_as_json(view)["override"] == "PRODUCTION_MANAGER+QA"


def test_the_override_names_the_role_in_the_public_shape():
    (finding,) = examine(case(session("9", "12", 6))).findings
    out = finding_as_json(view_of(finding, Audience.OWN, in_words()))
    assert (out["rule"], out["severity"], out["override"], out["session"]) == ("CA-01", "SOFT", "SCHEDULER", 1)
    assert out["start"] == "2027-03-06T00:00:00+00:00"
