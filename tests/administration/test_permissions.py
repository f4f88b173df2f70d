"""The table denies what nobody may hold together, however it came about."""

from __future__ import annotations

import pytest

from gmp_booking.kernel.access import GMP_DECIDING_ROLES, Actor, Permission, Role, Subject, is_allowed


def staff(*roles: Role) -> Actor:
    return Actor(account_id=1, person_id=1, name="Kim", roles=frozenset(roles))


@pytest.mark.parametrize("role", sorted(GMP_DECIDING_ROLES))
def test_whoever_administers_the_system_decides_nothing_even_with_the_role(role: Role) -> None:
    asked = Subject(company_id=7, requested_by=9, entered_by=9, stage_role=role)
    assert is_allowed(staff(role), Permission.BOOKING_DECIDE, asked)
    assert not is_allowed(staff(role, Role.SYSADMIN), Permission.BOOKING_DECIDE, asked)


def test_a_rule_is_switched_by_quality_and_not_by_whoever_administers_the_system() -> None:
    assert is_allowed(staff(Role.QA), Permission.RULE_SWITCH)
    assert not is_allowed(staff(Role.SYSADMIN), Permission.RULE_SWITCH)
    assert not is_allowed(staff(Role.QA, Role.SYSADMIN), Permission.RULE_SWITCH)
