"""Companies, people, products, rooms and equipment, added by the product's use cases within a unit of work.

Every factory takes `uow`. Products, rooms and equipment come back as their ids.
"""

from __future__ import annotations

from typing import Any

import factory

from gmp_booking.companies.models import Company
from gmp_booking.companies.service import create_company
from gmp_booking.infra.database.uow import Uow
from gmp_booking.people.models import Person
from gmp_booking.people.service import create_person
from gmp_booking.products.service import ProductFacts, add_product
from gmp_booking.resources.service import Names, NewEquipment, NewRoom, add_equipment, add_room


class CompanyFactory(factory.Factory):
    """Shape: `pending_room_days_cap` is out of the way, for tests are not about the limit unless they say so."""

    class Meta:
        model = Company

    name_zh = factory.SelfAttribute("name_en")
    pending_room_days_cap = 100_000

    @classmethod
    def _create(
        cls, _model: type[Company], *_args: Any, uow: Uow, pending_room_days_cap: int, **values: Any
    ) -> Company:
        company = create_company(uow, **values)
        company.pending_room_days_cap = pending_room_days_cap
        uow.session.flush()
        return company


class PersonFactory(factory.Factory):
    """Shape: `company_id` is None for the facility's own staff."""

    class Meta:
        model = Person

    company_id = None
    language = "en"
    roles = ()

    @classmethod
    def _create(cls, _model: type[Person], *_args: Any, uow: Uow, **values: Any) -> Person:
        return create_person(uow, **values)


class ProductFactory(factory.Factory):
    class Meta:
        model = ProductFacts

    code = "GS-M1"
    name = factory.SelfAttribute("code")
    modality = "MSC"

    @classmethod
    def _create(
        cls, model: type[ProductFacts], *_args: Any, uow: Uow, code: str, company_id: int, **values: Any
    ) -> int:
        return add_product(uow, model(**values), company_id=company_id, code=code)


class RoomFactory(factory.Factory):
    """A cleanroom of grade B, unless said otherwise."""

    class Meta:
        model = NewRoom

    code = "B-01"
    names = factory.LazyAttribute(lambda room: Names(f"{room.code} 실", f"Room {room.code}", f"{room.code}室"))
    grade = "B"
    room_class = "GMP"
    area_m2 = 24
    max_occupancy = 4
    gmp = True
    changeover_policy = "MATRIX"

    @classmethod
    def _create(cls, model: type[NewRoom], *_args: Any, uow: Uow, **values: Any) -> int:
        return add_room(uow, model(**values))


class EquipmentFactory(factory.Factory):
    """An incubator, unless said otherwise."""

    class Meta:
        model = NewEquipment

    code = "INC-01"
    names = factory.LazyAttribute(lambda equipment: Names(*[equipment.code] * 3))
    equipment_kind = "INCUBATOR"
    home_room = "B-01"
    room_use = "RUNS_ALONE"

    @classmethod
    def _create(cls, model: type[NewEquipment], *_args: Any, uow: Uow, **values: Any) -> int:
        return add_equipment(uow, model(**values))
