"""What is kept as a code is said in words."""

from gmp_booking.conflicts import rule_list
from gmp_booking.demo.facility import ROOM_CLASSES as LAID
from gmp_booking.infra.web.i18n import use_language
from gmp_booking.kernel.facility_labels import ROOM_CLASSES, ROOM_USES
from gmp_booking.kernel.vocabulary import RoomClass, RoomUse
from gmp_booking.pages.rule_labels import LIMITS, equipment_word, grade_word, limit_words


def test_every_limit_of_every_rule_has_words() -> None:
    limits = [each for row in rule_list.table() for each in row.parameters]
    assert {(each.rule, each.name) for each in limits} == set(LIMITS)
    use_language("en")
    said = [limit_words(each) for each in limits]
    assert "Campaigns: 60 days ahead" in said
    assert "Gowning, each way: 20 min" in said
    assert not [each for each in said if "_" in each]


def test_every_class_and_use_a_resource_may_have_has_words() -> None:
    assert set(ROOM_CLASSES) == set(RoomClass) >= set(LAID.values())
    assert set(ROOM_USES) == set(RoomUse)


def test_what_nobody_has_named_stays_as_it_was_typed() -> None:
    use_language("en")
    assert equipment_word("INCUBATOR") == "Incubator"
    assert equipment_word("Autoclave") == "Autoclave"
    assert (grade_word("B"), grade_word("mock C")) == ("B", "mock C")
