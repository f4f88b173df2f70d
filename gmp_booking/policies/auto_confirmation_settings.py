"""Settings of auto-confirmation: whether clear requests of a kind are confirmed, by default, room or company."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES
from gmp_booking.policies.events import ConfirmingSwitched
from gmp_booking.policies.models import AutoConfirm

CHOICES = {"on": True, "off": False}


@dataclass(frozen=True)
class AutoConfirmSetting:
    """One setting; without room and company it is the default of the kind."""

    id: int
    kind: str
    is_on: bool
    resource_id: int | None
    company_id: int | None


def list_auto_confirm(uow: Uow) -> list[AutoConfirmSetting]:
    """The settings by kind: the default first, then rooms and companies."""
    order = (AutoConfirm.kind, AutoConfirm.resource_id.nulls_first(), AutoConfirm.company_id.nulls_first())
    rows = uow.session.scalars(select(AutoConfirm).order_by(*order))
    return [AutoConfirmSetting(row.id, row.kind, row.is_on, row.resource_id, row.company_id) for row in rows]


def set_auto_confirm(
    uow: Uow, kind: str, choice: str, *, resource_id: int | None = None, company_id: int | None = None
) -> None:
    """Set whether clear requests of a kind are confirmed automatically.

    Errors: Forbidden; Invalid naming the fields.
    """
    require(uow.actor, Permission.RULE_SWITCH)
    errors: dict[str, list[str]] = {}
    if kind not in CONFIRMED_BY_THEMSELVES:
        errors["kind"] = [N_("Not one of the choices.")]
    if choice not in CHOICES:
        errors["choice"] = [N_("Not one of the choices.")]
    if resource_id is not None and company_id is not None:
        errors["company"] = [N_("Choose a room or a company, not both.")]
    if errors:
        raise Invalid(field_errors=errors)
    is_on = CHOICES[choice]
    statement = insert(AutoConfirm).values(kind=kind, resource_id=resource_id, company_id=company_id, is_on=is_on)
    key = [AutoConfirm.kind, AutoConfirm.resource_id, AutoConfirm.company_id]
    changed = {"is_on": is_on, "changed_at": uow.now}
    uow.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))
    uow.record(ConfirmingSwitched(kind=kind, is_on=is_on, resource_id=resource_id, of_company=company_id))
