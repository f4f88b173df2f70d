"""People, roles and companies: what is accepted, what is written down, who sees it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gmp_booking.companies.service import (
    create_company,
    find_company,
    format_registration_no,
    is_business_number,
    list_companies,
)
from gmp_booking.kernel.access import COMPANY_ROLES, FACILITY_ROLES, SYSTEM, Role
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from gmp_booking.people.service import (
    create_person,
    deactivate_person,
    find_person_by_email,
    grant_role,
    list_people,
    list_roles,
    normalise_phone,
    revoke_role,
)
from tests.facility import actor_of


@pytest.fixture
def gaon(database):
    return database.read(SYSTEM, find_company, "GAO").id


def journal(rows):
    return rows.execute(
        text(
            "SELECT event, actor_name, company_id, data FROM journal WHERE event ~ '^(Person|Role|Company)' ORDER BY id"
        )
    ).all()


def test_a_person_is_added_with_roles_and_every_right_is_in_the_journal(database, gaon, rows):
    roles = [Role.COMPANY_REQUESTER, Role.OPERATOR]
    person = database.transact(
        SYSTEM,
        create_person,
        name=" 김민지 ",
        email=" Kim@Gaon.Example",
        company_id=gaon,
        phone="010-1234-5678",
        roles=roles,
    )
    assert (person.name, person.email, person.phone) == ("김민지", "kim@gaon.example", "+821012345678")
    assert database.read(SYSTEM, list_roles, person) == roles
    assert journal(rows) == [
        ("PersonAdded", "gmp_booking", gaon, {"person_id": person.id}),
        ("RoleGranted", "gmp_booking", gaon, {"person_id": person.id, "role": "COMPANY_REQUESTER"}),
        ("RoleGranted", "gmp_booking", gaon, {"person_id": person.id, "role": "OPERATOR"}),
    ]


def test_a_role_is_revoked_once_and_may_be_granted_again(database, gaon, rows):
    person = database.read(SYSTEM, find_person_by_email, "REQUESTER@gaon.example")
    database.transact(SYSTEM, revoke_role, person, Role.COMPANY_REQUESTER)
    assert database.read(SYSTEM, list_roles, person) == []
    with pytest.raises(NotFound):
        database.transact(SYSTEM, revoke_role, person, Role.COMPANY_REQUESTER)
    database.transact(SYSTEM, grant_role, person, Role.COMPANY_REQUESTER)
    with pytest.raises(Conflict):
        database.transact(SYSTEM, grant_role, person, Role.COMPANY_REQUESTER)
    assert [row.event for row in journal(rows)] == ["RoleRevoked", "RoleGranted"]


def test_roles_stay_on_their_side(database, gaon):
    for company_id, roles in ((gaon, FACILITY_ROLES), (None, COMPANY_ROLES)):
        for number, role in enumerate(sorted(roles)):
            with pytest.raises(Invalid):
                database.transact(
                    SYSTEM, create_person, name="X", email=f"x{number}@x.example", company_id=company_id, roles=[role]
                )


def test_an_address_belongs_to_one_person_for_ever(database, gaon):
    person = database.read(SYSTEM, find_person_by_email, "requester@gaon.example")
    database.transact(SYSTEM, deactivate_person, person)
    with pytest.raises(Conflict):
        database.transact(SYSTEM, create_person, name="New", email="Requester@GAON.example", company_id=gaon)


def test_a_mistake_is_named_by_its_field(database):
    right = {"name": "Kim", "email": "kim@brc.example"}
    wrong = {
        "name": (" ", "x" * 121),
        "email": ("nobody", "a@b", "a b@c.example", f"{'a' * 250}@b.example"),
        "phone": ("call me", "+0123"),
        "language": ("fr",),
    }
    for field, values in wrong.items():
        for value in values:
            with pytest.raises(Invalid) as refusal:
                database.transact(SYSTEM, create_person, **right | {field: value})
            assert list(refusal.value.field_errors) == [field]


def test_a_decomposed_name_is_composed(database):
    person = database.transact(SYSTEM, create_person, name="\u1100\u1161", email="ga@brc.example")
    assert person.name == "가"


def test_only_the_administrator_edits_people_and_companies(database):
    for who, allowed in (("admin@brc.example", True), ("qa@brc.example", False), ("approver@gaon.example", False)):
        actor = database.read(SYSTEM, actor_of, who)
        new = {"name": "New", "email": f"new.{who}"}
        if allowed:
            assert database.transact(actor, create_person, **new).id
            continue
        with pytest.raises(Forbidden):
            database.transact(actor, create_person, **new)
        with pytest.raises(Forbidden):
            database.transact(actor, create_company, **ACME)


def test_a_company_lists_its_own_people_and_companies_only(database, gaon):
    requester = database.read(SYSTEM, actor_of, "requester@gaon.example")
    competitor = database.read(SYSTEM, find_company, "SAE")
    assert {each.email for each in database.read(requester, list_people, gaon)} >= {"operator@gaon.example"}
    assert database.read(requester, list_people, competitor.id) == []
    assert database.read(requester, list_people, None) == []
    assert database.read(requester, find_person_by_email, "requester@saebyeok.example") is None
    assert [each.code for each in database.read(requester, list_companies)] == ["GAO"]
    assert len(database.read(SYSTEM, list_companies)) == 4


# -- companies

ACME = {
    "code": "ACM",
    "name_ko": "아크미",
    "name_en": "Acme",
    "name_zh": "艾克米",
    "registration_no": "1234567891",
}


def test_a_company_is_added(database, rows):
    company = database.transact(SYSTEM, create_company, **ACME)
    assert company.registration_no == "123-45-67891"
    assert [(row.event, row.company_id, row.data) for row in journal(rows)] == [
        ("CompanyAdded", company.id, {"code": "ACM"})
    ]


def test_a_wrong_company_is_refused(database):
    wrong = {
        "code": ("a", "acm"),
        "name_ko": (" ",),
        "country": ("Korea",),
        "registration_no": ("123-45-67892", "12345", ""),
    }
    for field, values in wrong.items():
        for value in values:
            with pytest.raises(Invalid) as refusal:
                database.transact(SYSTEM, create_company, **ACME | {field: value})
            assert list(refusal.value.field_errors) == [field.replace("name_ko", "name")]


def test_a_foreign_company_has_a_number_of_its_own_country(database):
    company = database.transact(SYSTEM, create_company, **ACME | {"country": "US", "registration_no": "EIN 12-3456789"})
    assert company.registration_no == "EIN 12-3456789"


def test_a_code_is_taken_once(database):
    with pytest.raises(Conflict):
        database.transact(SYSTEM, create_company, **ACME | {"code": "GAO"})


@pytest.mark.parametrize("number", ["123-45-67891", "1234567891", "000-81-11113"])
def test_business_numbers_with_the_right_last_digit_pass(number):
    assert is_business_number(number)


@pytest.mark.parametrize(
    "number", ["123-45-67890", "12345678", "123-456-7891", "１２３４５６７８９１", "abc-de-fghij", ""]
)
def test_other_business_numbers_do_not(number):
    assert not is_business_number(number)


def test_exactly_one_last_digit_is_right():
    for stem in ("123-45-6789", "000-81-1111", "998-87-7665"):
        assert sum(is_business_number(f"{stem}{digit}") for digit in range(10)) == 1


def test_a_business_number_is_written_with_its_dashes():
    assert format_registration_no(" 1234567891 ") == "123-45-67891"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("010-1234-5678", "+821012345678"),
        ("02) 123-4567", "+8221234567"),
        ("062 234 5678", "+82622345678"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("１５８８-1234", "+8215881234"),
    ],
)
def test_phones_are_kept_with_their_country(typed, kept):
    assert normalise_phone(typed) == kept
