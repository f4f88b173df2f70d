"""The facility of most tests: a small, fixed part of the demonstration facility."""

from __future__ import annotations

from datetime import time

from sqlalchemy import select

from gmp_booking.companies.models import Company
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Role
from gmp_booking.people.models import Person, PersonRole
from gmp_booking.policies.service import name_facility, seed_holidays, set_hours
from gmp_booking.resources.service import add_zone
from tests.factories.facility import CompanyFactory, EquipmentFactory, PersonFactory, ProductFactory, RoomFactory

COMPANIES = {
    "GAO": ("가온줄기", "Gaon Stem", "gaon.example", (("GS-M1", "MSC"), ("GS-A2", "MSC"))),
    "SAE": ("새벽엑소", "Saebyeok Exo", "saebyeok.example", (("SE-01", "EXO"),)),
    "HBT": ("한빛티슈", "Hanbit Tissue", "hanbit.example", (("HB-Derm", "SKIN"),)),
    "NRU": ("누리에셀", "Nuriesel Cell", "nuriesel.example", (("NR-19", "CART"),)),
}
_REGISTRATION_NUMBERS = ("000-81-00014", "000-81-00028", "000-81-00033", "000-81-00047")
STAFF = {
    "scheduler": Role.SCHEDULER,
    "production": Role.PRODUCTION_MANAGER,
    "qa": Role.QA,
    "bso": Role.BSO,
    "demo": Role.DEMO_MANAGER,
    "engineer": Role.ENGINEER,
    "committee": Role.COMMITTEE,
    "manager": Role.FACILITY_MANAGER,
    "admin": Role.SYSADMIN,
    "auditor": Role.AUDITOR,
}
COMPANY_PEOPLE = {
    "requester": (Role.COMPANY_REQUESTER,),
    "approver": (Role.COMPANY_APPROVER,),
    "operator": (Role.OPERATOR,),
    "operator2": (Role.OPERATOR,),
    "operator3": (Role.OPERATOR,),
}

_ROOMS = (
    # code, grade, class, area, people, zone, gmp, changeover
    ("B-01", "B", "GMP", 24, 4, "Z1", True, "MATRIX"),
    ("B-02", "B", "GMP", 24, 4, "Z1", True, "MATRIX"),
    ("B-03", "B", "GMP", 30, 5, "Z1", True, "MATRIX"),
    ("C-01", "C", "GMP", 26, 4, "Z3", True, "MATRIX"),
    ("C-02", "C", "SERVICE", 16, 3, "Z3", True, "L1_BETWEEN_PRODUCTS"),
    ("L-01", "D", "SERVICE", 32, 5, "Z3", True, "L1_BETWEEN_PRODUCTS"),
    ("T-01", "mock C", "DEMO", 40, 10, "Z3", False, "NONE"),
    ("T-02", "-", "SEATED", 70, 24, None, False, "NONE"),
    ("VC-01", "-", "SEATED", 60, 20, None, False, "NONE"),
)
_SEATS = {"T-01": 8, "T-02": 20, "VC-01": 20}
_EQUIPMENT = (
    # code, kind, home, use, places
    ("BSC-01", "BSC", "B-01", "ATTENDED", 1),
    ("BSC-02", "BSC", "B-02", "ATTENDED", 1),
    ("INC-01", "INCUBATOR", "B-01", "RUNS_ALONE", 8),
    ("INC-02", "INCUBATOR", "B-01", "RUNS_ALONE", 8),
    ("INC-03", "INCUBATOR", "B-02", "RUNS_ALONE", 8),
    ("TFF-01", "TFF", "C-01", "ATTENDED", 1),
    ("CHR-01", "CHROMATOGRAPHY", "C-01", "ATTENDED", 1),
)


FAR_YEAR = 2049
"""The only year with public holidays: what a test books must not depend on the day the test is run."""


def create_test_facility(uow: Uow) -> None:
    name_facility(uow, code="BRC", name_ko="빛고을 센터", name_en="Bitgoeul Centre", name_zh="光州中心")
    set_hours(uow, range(5), time(8), closes=time(20))
    seed_holidays(uow, [FAR_YEAR])
    zones = {
        code: add_zone(uow, code=code, ahu=ahu, single_pass=code == "Z2")
        for code, ahu in (("Z1", "AHU-1"), ("Z2", "AHU-2"), ("Z3", "AHU-3"))
    }
    for code, grade, room_class, area, people, zone, gmp, changeover in _ROOMS:
        RoomFactory(
            uow=uow, code=code, grade=grade, room_class=room_class, area_m2=area, max_occupancy=people, gmp=gmp,
            changeover_policy=changeover, zone_id=zones[zone] if zone else None, seats=_SEATS.get(code),
            shared=code == "VC-01",
        )  # fmt: skip
    for code, kind, home, use, places in _EQUIPMENT:
        EquipmentFactory(uow=uow, code=code, equipment_kind=kind, home_room=home, room_use=use, places=places)
    for user, role in STAFF.items():
        PersonFactory(uow=uow, email=f"{user}@brc.example", name=f"Staff {user}", roles=(role,))
    for (code, (ko, en, domain, products)), number in zip(COMPANIES.items(), _REGISTRATION_NUMBERS, strict=True):
        company_id = CompanyFactory(uow=uow, code=code, name_ko=ko, name_en=en, registration_no=number).id
        for product, modality in products:
            ProductFactory(uow=uow, code=product, modality=modality, company_id=company_id)
        for user, roles in COMPANY_PEOPLE.items():
            PersonFactory(uow=uow, email=f"{user}@{domain}", name=f"{code} {user}", company_id=company_id, roles=roles)


def actor_of(uow: Uow, email: str) -> Actor:
    """The signed-in actor of the person with this address."""
    person = uow.session.scalars(select(Person).where(Person.email == email)).one()
    company = uow.session.get(Company, person.company_id) if person.company_id else None
    held = select(PersonRole.role).where(PersonRole.person_id == person.id, PersonRole.revoked_at.is_(None))
    return Actor(
        account_id=person.id,
        person_id=person.id,
        name=person.name,
        email=person.email,
        company_id=person.company_id,
        company_code=company.code if company else None,
        roles=frozenset(Role(role) for role in uow.session.scalars(held)),
        language=person.language,
    )
