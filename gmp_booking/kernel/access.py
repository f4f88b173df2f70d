"""Who may do what: one table, `Permission → alternatives of predicates`.

A permission is granted when one of its alternatives holds; an alternative holds when all its predicates hold.
Four-eyes conditions are predicates too. Row-level security is the second layer behind this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from gmp_booking.kernel.errors import Forbidden
from gmp_booking.kernel.languages import DEFAULT_LANGUAGE


class Role(StrEnum):
    COMPANY_REQUESTER = "COMPANY_REQUESTER"
    COMPANY_APPROVER = "COMPANY_APPROVER"
    OPERATOR = "OPERATOR"
    SCHEDULER = "SCHEDULER"
    PRODUCTION_MANAGER = "PRODUCTION_MANAGER"
    QA = "QA"
    BSO = "BSO"
    ENGINEER = "ENGINEER"
    QC = "QC"
    DEMO_MANAGER = "DEMO_MANAGER"
    CLINICAL_LIAISON = "CLINICAL_LIAISON"
    COMMITTEE = "COMMITTEE"
    SYSADMIN = "SYSADMIN"
    FACILITY_MANAGER = "FACILITY_MANAGER"
    AUDITOR = "AUDITOR"


# Whose signature or decision counts under GMP; nobody has these beside the administration of the system.
GMP_DECIDING_ROLES = frozenset({Role.PRODUCTION_MANAGER, Role.QA, Role.BSO, Role.COMMITTEE})
# What a company's signatory may give and take within the company; the limit is ours.
EVERYDAY_ROLES = frozenset({Role.COMPANY_REQUESTER, Role.OPERATOR})
COMPANY_ROLES = frozenset({Role.COMPANY_REQUESTER, Role.COMPANY_APPROVER, Role.OPERATOR})
FACILITY_ROLES = frozenset(Role) - COMPANY_ROLES
_OBSERVER_ROLES = frozenset({Role.COMMITTEE, Role.SYSADMIN, Role.AUDITOR})


@dataclass(frozen=True)
class Actor:
    """The user who acts: a person signed in by session or token, or the system itself."""

    account_id: int | None
    person_id: int | None
    name: str
    email: str = ""
    company_id: int | None = None
    company_code: str | None = None
    roles: frozenset[Role] = frozenset()
    language: str = DEFAULT_LANGUAGE
    auth_session_id: int | None = None
    token_id: int | None = None

    @property
    def is_system(self) -> bool:
        return self.account_id is None and self.person_id is None and self.company_id is None

    @property
    def is_staff(self) -> bool:
        return self.person_id is not None and self.company_id is None

    @property
    def sees_facility(self) -> bool:
        return self.company_id is None

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


SYSTEM = Actor(account_id=None, person_id=None, name="gmp_booking", language=DEFAULT_LANGUAGE)


@dataclass(frozen=True)
class Subject:
    """The facts about the object of an action that predicates may read."""

    company_id: int | None = None
    requested_by: int | None = None
    entered_by: int | None = None
    owner_id: int | None = None
    stage_role: Role | None = None
    earlier_signers: frozenset[int] = field(default_factory=frozenset)
    role: Role | None = None
    done_by: int | None = None


NOTHING = Subject()
Predicate = Callable[[Actor, Subject], bool]


def has(*roles: Role) -> Predicate:
    """The actor has one of these roles."""

    def holds(actor: Actor, _subject: Subject) -> bool:
        return actor.has(*roles)

    holds.__name__ = "has_" + "_or_".join(role.value for role in roles)
    return holds


def is_no_system_administrator(actor: Actor, _subject: Subject) -> bool:
    """A system administrator decides nothing under GMP, whatever other roles they have."""
    return not actor.has(Role.SYSADMIN)


def is_about_an_everyday_role(_actor: Actor, subject: Subject) -> bool:
    return subject.role in EVERYDAY_ROLES


def is_of_the_company(actor: Actor, subject: Subject) -> bool:
    return actor.company_id is not None and actor.company_id == subject.company_id


def is_in_a_company(actor: Actor, _subject: Subject) -> bool:
    return actor.company_id is not None


def is_staff(actor: Actor, _subject: Subject) -> bool:
    return actor.is_staff


def is_system(actor: Actor, _subject: Subject) -> bool:
    return actor.is_system


def is_signed_in(actor: Actor, _subject: Subject) -> bool:
    return actor.person_id is not None


def is_ones_own(actor: Actor, subject: Subject) -> bool:
    return actor.person_id is not None and actor.person_id == subject.owner_id


def has_the_role_of_the_stage(actor: Actor, subject: Subject) -> bool:
    return subject.stage_role is not None and actor.has(subject.stage_role)


def is_not_the_requester(actor: Actor, subject: Subject) -> bool:
    """Four eyes: nobody decides on their own request; staff who entered it for a company are not its requester."""
    entered_for_a_company = actor.is_staff and actor.person_id == subject.entered_by
    return actor.person_id is not None and (entered_for_a_company or actor.person_id != subject.requested_by)


def is_not_who_entered_it_unless_scheduler(actor: Actor, subject: Subject) -> bool:
    """Staff who entered a booking for a company may decide its scheduling stage, but no later one."""
    return actor.person_id != subject.entered_by or subject.stage_role in {Role.SCHEDULER, Role.DEMO_MANAGER}


def signed_no_earlier_stage(actor: Actor, subject: Subject) -> bool:
    """Four eyes: two stages of one record are decided by two people."""
    return actor.person_id not in subject.earlier_signers


def did_not_do_it(actor: Actor, subject: Subject) -> bool:
    """Four eyes: nobody verifies their own work."""
    return actor.person_id is not None and actor.person_id != subject.done_by


def works_in_the_facility(actor: Actor, _subject: Subject) -> bool:
    """Staff with an operational role: committee, system administrators and auditors have none."""
    return actor.is_staff and bool(actor.roles - COMPANY_ROLES - _OBSERVER_ROLES)


class Permission(StrEnum):
    BOOKING_READ = "booking.read"
    BOOKING_DRAFT = "booking.draft"
    BOOKING_SUBMIT = "booking.submit"
    BOOKING_CANCEL = "booking.cancel"
    BOOKING_CHANGE = "booking.change"
    BOOKING_MOVE_SESSION = "booking.move_session"
    BOOKING_DECIDE = "booking.decide"
    BOOKING_CLOSE = "booking.close"
    SESSION_CLEAR = "session.clear"
    SESSION_VERIFY_CLEARANCE = "session.verify_clearance"
    SESSION_RELEASE = "session.release"
    SESSION_RECORD = "session.record"
    SESSION_EXTEND_LONG = "session.extend_long"
    SESSION_RECORD_REGARDLESS = "session.record_regardless"
    SESSION_EMERGENCY_ENTRY = "session.emergency_entry"
    SESSION_CONFIRM_EMERGENCY = "session.confirm_emergency"
    SESSION_VERIFY = "session.verify"
    SESSION_SUSPEND = "session.suspend"
    SESSION_RESUME = "session.resume"
    SESSION_ABORT = "session.abort"
    SESSION_MISSED = "session.missed"
    NOT_RECORDED_READ = "not_recorded.read"
    INBOX_READ = "inbox.read"
    TIMELINE_READ = "timeline.read"
    FEED_MAKE_MINE = "feed.make.mine"
    FEED_MAKE_COMPANY = "feed.make.company"
    FEED_MAKE_RESOURCE = "feed.make.resource"
    FEED_MAKE_FACILITY = "feed.make.facility"
    FEED_REVOKE = "feed.revoke"
    TOKEN_MAKE = "token.make"
    TOKEN_REVOKE = "token.revoke"
    HOLIDAY_EDIT = "holiday.edit"
    ROSTER_READ = "roster.read"
    ROSTER_EDIT = "roster.edit"
    COMPANY_EDIT = "company.edit"
    PEOPLE_EDIT = "people.edit"
    PEOPLE_DEACTIVATE = "people.deactivate"
    ROLE_GIVE = "role.give"
    PRODUCT_EDIT = "product.edit"
    RESOURCE_EDIT = "resource.edit"
    HOURS_EDIT = "hours.edit"
    RULE_SWITCH = "rule.switch"
    FACILITY_EDIT = "facility.edit"
    ADMIN_READ = "admin.read"
    MASTER_DATA_READ = "master_data.read"
    OUTAGE_READ = "outage.read"
    OUTAGE_PLACE = "outage.place"
    HOLD_PLACE = "hold.place"
    HOLD_LIFT = "hold.lift"
    MAIL_SINK_READ = "mail_sink.read"


_APPROVER_PREDICATES: tuple[Predicate, ...] = (
    is_staff,
    is_no_system_administrator,
    has_the_role_of_the_stage,
    is_not_the_requester,
    is_not_who_entered_it_unless_scheduler,
    signed_no_earlier_stage,
)

PERMISSIONS: dict[Permission, tuple[tuple[Predicate, ...], ...]] = {
    Permission.BOOKING_READ: ((is_of_the_company,), (is_staff,), (is_system,)),
    Permission.BOOKING_DRAFT: (
        (is_of_the_company, has(Role.COMPANY_REQUESTER, Role.COMPANY_APPROVER)),
        (is_staff, has(Role.SCHEDULER, Role.DEMO_MANAGER)),
    ),
    Permission.BOOKING_SUBMIT: (
        (is_of_the_company, has(Role.COMPANY_REQUESTER, Role.COMPANY_APPROVER)),
        (is_staff, has(Role.SCHEDULER, Role.DEMO_MANAGER)),
    ),
    Permission.BOOKING_CANCEL: (
        (is_of_the_company, has(Role.COMPANY_REQUESTER, Role.COMPANY_APPROVER)),
        (is_staff, has(Role.SCHEDULER)),
    ),
    Permission.BOOKING_CHANGE: (
        (is_of_the_company, has(Role.COMPANY_REQUESTER, Role.COMPANY_APPROVER)),
        (is_staff, has(Role.SCHEDULER, Role.DEMO_MANAGER)),
    ),
    Permission.BOOKING_MOVE_SESSION: ((is_staff, has(Role.SCHEDULER)),),
    Permission.BOOKING_DECIDE: (_APPROVER_PREDICATES,),
    Permission.BOOKING_CLOSE: ((is_staff, has(Role.QA), is_not_the_requester),),
    Permission.SESSION_CLEAR: (
        (is_of_the_company, has(Role.OPERATOR)),
        (is_staff, has(Role.PRODUCTION_MANAGER)),
    ),
    Permission.SESSION_VERIFY_CLEARANCE: (
        (is_of_the_company, has(Role.OPERATOR), did_not_do_it),
        (is_staff, has(Role.PRODUCTION_MANAGER, Role.QA), did_not_do_it),
    ),
    Permission.SESSION_RELEASE: ((is_staff, has(Role.PRODUCTION_MANAGER, Role.QA), did_not_do_it),),
    Permission.SESSION_RECORD: ((is_of_the_company,), (works_in_the_facility,)),
    Permission.SESSION_EXTEND_LONG: ((is_staff, has(Role.SCHEDULER)),),
    Permission.SESSION_RECORD_REGARDLESS: ((is_staff, has(Role.PRODUCTION_MANAGER, Role.QA)),),
    Permission.SESSION_EMERGENCY_ENTRY: ((is_of_the_company, has(Role.OPERATOR)),),
    Permission.SESSION_CONFIRM_EMERGENCY: ((is_staff, has(Role.PRODUCTION_MANAGER, Role.QA)),),
    Permission.SESSION_VERIFY: ((is_of_the_company, did_not_do_it), (works_in_the_facility, did_not_do_it)),
    Permission.SESSION_SUSPEND: ((is_staff, has(Role.QA, Role.ENGINEER)),),
    Permission.SESSION_RESUME: ((is_staff, has(Role.QA)),),
    Permission.SESSION_ABORT: ((is_staff, has(Role.PRODUCTION_MANAGER, Role.QA)),),
    Permission.SESSION_MISSED: ((is_staff, has(Role.SCHEDULER, Role.DEMO_MANAGER)),),
    Permission.NOT_RECORDED_READ: ((is_staff, has(Role.SCHEDULER, Role.PRODUCTION_MANAGER)),),
    Permission.INBOX_READ: ((is_staff,),),
    Permission.TIMELINE_READ: ((is_signed_in,),),
    Permission.FEED_MAKE_MINE: ((is_signed_in,),),
    Permission.FEED_MAKE_COMPANY: ((is_of_the_company,),),
    Permission.FEED_MAKE_RESOURCE: ((is_signed_in,),),
    Permission.FEED_MAKE_FACILITY: ((is_signed_in,),),
    Permission.FEED_REVOKE: ((is_ones_own,),),
    Permission.TOKEN_MAKE: ((is_signed_in,),),
    Permission.TOKEN_REVOKE: ((is_ones_own,),),
    Permission.HOLIDAY_EDIT: ((is_staff, has(Role.SCHEDULER, Role.FACILITY_MANAGER, Role.SYSADMIN)),),
    Permission.ROSTER_READ: ((is_staff,),),
    Permission.ROSTER_EDIT: ((is_staff, has(Role.SCHEDULER, Role.FACILITY_MANAGER)),),
    Permission.COMPANY_EDIT: ((is_system,), (is_staff, has(Role.SYSADMIN))),
    Permission.PEOPLE_EDIT: (
        (is_system,),
        (is_staff, has(Role.SYSADMIN)),
        (is_of_the_company, has(Role.COMPANY_APPROVER)),
    ),
    Permission.PEOPLE_DEACTIVATE: ((is_system,), (is_staff, has(Role.SYSADMIN))),
    Permission.ROLE_GIVE: (
        (is_system,),
        (is_staff, has(Role.SYSADMIN)),
        (is_of_the_company, has(Role.COMPANY_APPROVER), is_about_an_everyday_role),
    ),
    Permission.PRODUCT_EDIT: ((is_system,), (is_staff, has(Role.QA, Role.SCHEDULER, Role.SYSADMIN))),
    Permission.RESOURCE_EDIT: ((is_system,), (is_staff, has(Role.ENGINEER, Role.FACILITY_MANAGER, Role.SYSADMIN))),
    Permission.HOURS_EDIT: ((is_system,), (is_staff, has(Role.SCHEDULER, Role.FACILITY_MANAGER, Role.SYSADMIN))),
    Permission.RULE_SWITCH: ((is_system,), (is_staff, is_no_system_administrator, has(Role.QA, Role.FACILITY_MANAGER))),
    Permission.FACILITY_EDIT: ((is_system,), (is_staff, has(Role.FACILITY_MANAGER, Role.SYSADMIN))),
    Permission.ADMIN_READ: ((is_staff,), (is_in_a_company, has(Role.COMPANY_APPROVER))),
    Permission.MASTER_DATA_READ: ((is_staff,),),
    Permission.OUTAGE_READ: ((is_staff,),),
    Permission.OUTAGE_PLACE: ((is_staff, has(Role.ENGINEER, Role.SCHEDULER, Role.FACILITY_MANAGER)),),
    # QA, BSO and production may place a hold; only QA lifts it.
    Permission.HOLD_PLACE: ((is_staff, has(Role.QA, Role.BSO, Role.PRODUCTION_MANAGER)),),
    Permission.HOLD_LIFT: ((is_staff, has(Role.QA)),),
    Permission.MAIL_SINK_READ: ((is_signed_in,),),
}


def is_allowed(actor: Actor, permission: Permission, subject: Subject = NOTHING) -> bool:
    return any(all(holds(actor, subject) for holds in alternative) for alternative in PERMISSIONS[permission])


def require(actor: Actor, permission: Permission, subject: Subject = NOTHING) -> None:
    """Errors: Forbidden when no alternative of the permission holds."""
    if not is_allowed(actor, permission, subject):
        raise Forbidden(params={"permission": permission.value})
