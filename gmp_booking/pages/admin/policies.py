"""Pages of the facility's policies: hours, rules, names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Protocol

from flask import request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.companies.service import list_companies
from gmp_booking.conflicts import rule_list
from gmp_booking.infra.database.history import RowChange, list_changes
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _, current_zone, named
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.fingerprint import fingerprint
from gmp_booking.kernel.labels import KINDS, RULE_MODES
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES, ResourceKind
from gmp_booking.pages.admin import coverage, record_history
from gmp_booking.pages.admin.form_actions import Form, admin, page, readable_by, words
from gmp_booking.pages.rule_labels import limit_words
from gmp_booking.policies import hours, service, switches
from gmp_booking.policies.auto_confirmation_settings import AutoConfirmSetting, list_auto_confirm, set_auto_confirm
from gmp_booking.policies.switches import RuleModeChange
from gmp_booking.resources.administration import get_record, list_every_resource

# -- hours


@dataclass(frozen=True)
class HoursPageData:
    week: hours.Week
    default: hours.Week
    resource_id: int | None
    rooms: list[tuple[str, str]]
    changes: list[RowChange]


def read_hours(uow: Uow, code: str) -> HoursPageData:
    resource_id = get_record(uow, code).id if code else None
    rooms = [
        (each.code, f"{each.code} {named(each)}") for each in list_every_resource(uow) if each.kind == ResourceKind.ROOM
    ]
    rows = [("opening_hours", each) for each in hours.hours_ids(uow, resource_id)]
    week, default = hours.week_of(uow, resource_id), hours.week_of(uow, None)
    return HoursPageData(week, default, resource_id, rooms, list_changes(uow, rows))


def set_week(uow: Uow, code: str, week: hours.Week, *, seen: str) -> None:
    hours.change_week(uow, week, resource_id=get_record(uow, code).id if code else None, seen=seen)


@admin.get("/hours")
@signed_in
def show_hours() -> Response:
    return _hours(request.args.get("resource", "").strip(), {}, 200)


@admin.post("/hours")
@signed_in
def change_hours() -> Response:
    code = words("resource")
    form = Form(lambda errors, status: _hours(code, errors, status), needs_reason=True)
    try:
        week = _typed_week()
    except Invalid as invalid:
        return form.refuse(invalid)
    to = url_for("admin.show_hours", resource=code or None)
    return form.act(to, set_week, code, week, seen=words("seen"))


def _typed_week() -> hours.Week:
    """Errors: Invalid by `opens-N` and `closes-N`."""
    errors: dict[str, list[str]] = {}
    week: dict[int, tuple[time, time] | None] = {}
    for day in hours.WEEKDAYS:
        names = [f"opens-{day}", f"closes-{day}"]
        typed = [words(name) for name in names]
        if not any(typed):
            week[day] = None
            continue
        found = [_time(each) for each in typed]
        errors |= {
            name: [N_("Enter a valid time, for example 09:30.")]
            for name, each in zip(names, found, strict=True)
            if not each
        }
        if found[0] and found[1]:
            week[day] = (found[0], found[1])
    if errors:
        raise Invalid(field_errors=errors)
    return week


def _time(typed: str) -> time | None:
    try:
        return time.fromisoformat(typed) if len(typed) == 5 else None
    except ValueError:
        return None


def _hours(code: str, errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.MASTER_DATA_READ)
    data = current_request().read(read_hours, code)
    return page(
        "hours.html",
        errors,
        status,
        code=code,
        rooms=data.rooms,
        days=[
            (day, _(hours.WEEKDAY_NAMES[day]), _hours_of_day(data.week, day), _hours_of_day(data.default, day))
            for day in hours.WEEKDAYS
        ],
        has_own=any(data.week.values()),
        seen=fingerprint(hours.as_values(data.week)),
        may_edit=is_allowed(actor, Permission.HOURS_EDIT),
        history=record_history.record_changes(data.changes),
    )


def _hours_of_day(week: hours.Week, day: int) -> tuple[str, str]:
    found = week.get(day)
    return (f"{found[0]:%H:%M}", f"{found[1]:%H:%M}") if found else ("", "")


# -- rules


class NamedCompany(Protocol):
    """A company as the page shows it; `named` reads its names."""

    id: Any
    code: Any


@dataclass(frozen=True)
class RulesPageData:
    switches: Mapping[str, list[RuleModeChange]]
    confirming: list[AutoConfirmSetting]
    known: coverage.KnownData
    today: date
    companies: Sequence[NamedCompany]
    changes: list[RowChange]


def read_rules(uow: Uow) -> RulesPageData:
    found, confirming = switches.list_switches(uow), list_auto_confirm(uow)
    rows = [("rule_switch", each.id) for decided in found.values() for each in decided]
    rows += [("auto_confirm", each.id) for each in confirming]
    known = coverage.read_known(uow)
    return RulesPageData(found, confirming, known, uow.today, list_companies(uow), list_changes(uow, rows))


def set_auto_confirmation(uow: Uow, kind: str, choice: str, *, room: str, company: str) -> None:
    """Errors: NotFound for an unknown room or company, and refusals of the policy."""
    set_auto_confirm(
        uow,
        kind,
        choice,
        resource_id=get_record(uow, room).id if room else None,
        company_id=_company_id(uow, company) if company else None,
    )


def _company_id(uow: Uow, code: str) -> int:
    found = next((each.id for each in list_companies(uow) if each.code == code), None)
    if found is None:
        raise Invalid(field_errors={"company": [N_("There is no such company.")]})
    return found


@admin.get("/rules")
@signed_in
def show_rules() -> Response:
    return _rules({}, 200)


@admin.post("/rules")
@signed_in
def switch_a_rule() -> Response:
    form = Form(_rules, needs_reason=True)
    try:
        from_on = date.fromisoformat(words("from_on"))
    except ValueError:
        return form.refuse(Invalid(field_errors={"from_on": [N_("Enter a valid date, for example 2027-05-03.")]}))
    to = f"{url_for('admin.show_rules')}#{words('rule')}"
    return form.act(to, switches.switch_rule, words("rule"), words("mode"), from_on=from_on)


@admin.post("/rules/confirming")
@signed_in
def change_auto_confirmation() -> Response:
    to = f"{url_for('admin.show_rules')}#confirming"
    form = Form(_rules, needs_reason=True)
    return form.act(
        to, set_auto_confirmation, words("kind"), words("choice"), room=words("room"), company=words("company")
    )


def _auto_confirmations(data: RulesPageData) -> list[dict[str, Any]]:
    """The settings of automatic confirmation, in the reader's language."""
    rooms = {each.id: f"{each.code} {named(each)}" for each in data.known.resources}
    companies = {each.id: named(each) for each in data.companies}
    return [
        {
            "kind": _(KINDS[each.kind]),
            "is_on": each.is_on,
            "only": rooms.get(each.resource_id or 0) or companies.get(each.company_id or 0),
        }
        for each in data.confirming
    ]


def _rules(errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.MASTER_DATA_READ)
    data = current_request().read(read_rules)
    modes = {mode: _(label) for mode, label in RULE_MODES.items()}
    rules: list[dict[str, Any]] = []
    for row in rule_list.table():
        decided = data.switches.get(row.code, [])
        rules.append(
            {
                "code": row.code,
                "sentence": _(row.sentence),
                "mode": switches.mode_on(decided, data.today),
                "later": [(modes[each.mode], each.from_on) for each in decided if each.from_on > data.today],
                "is_switchable": row.is_switchable,
                "limits": [limit_words(each) for each in row.parameters],
                "lacking": coverage.missing_data(row.code, data.known),
            }
        )
    return page(
        "rules.html",
        errors,
        status,
        rules=rules,
        confirming=_auto_confirmations(data),
        kinds=[(kind, _(KINDS[kind])) for kind in CONFIRMED_BY_THEMSELVES],
        rooms=[
            (each.code, f"{each.code} {named(each)}") for each in data.known.resources if each.kind == ResourceKind.ROOM
        ],
        companies=[(each.code, named(each)) for each in data.companies],
        modes=list(modes.items()),
        rule_choices=[(each["code"], f"{each['code']} {each['sentence']}") for each in rules if each["is_switchable"]],
        today=data.today,
        may_switch=is_allowed(actor, Permission.RULE_SWITCH),
        history=record_history.record_changes(data.changes),
    )


# -- the facility


@dataclass(frozen=True)
class FacilityPageData:
    facility: Any
    changes: list[RowChange]


def read_facility(uow: Uow) -> FacilityPageData:
    facility = service.find_facility(uow)
    return FacilityPageData(facility, list_changes(uow, [("facility", facility.id)] if facility else []))


def rename(uow: Uow, /, *, seen: str, **names: str) -> None:
    facility = service.find_facility(uow)
    code = facility.code if facility else names["code"]
    service.name_facility(uow, **names | {"code": code}, seen=seen)


@admin.get("/facility")
@signed_in
def show_facility() -> Response:
    return _facility({}, 200)


@admin.post("/facility")
@signed_in
def name_facility() -> Response:
    names = {name: words(name) for name in ("code", "name_ko", "name_en", "name_zh")}
    return Form(_facility, needs_reason=True).act(url_for("admin.show_facility"), rename, seen=words("seen"), **names)


def _facility(errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.MASTER_DATA_READ)
    data = current_request().read(read_facility)
    return page(
        "facility.html",
        errors,
        status,
        house=data.facility,
        zone=current_zone().key,
        seen=fingerprint(service.names_of(data.facility)) if data.facility else "",
        may_edit=is_allowed(actor, Permission.FACILITY_EDIT),
        history=record_history.record_changes(data.changes),
    )
