"""Sentences, dates and names in three languages."""

from __future__ import annotations

import contextvars
import threading
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from jinja2 import Environment
from markupsafe import escape

from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.i18n import (
    closest_language,
    format_clock,
    format_day,
    format_instant,
    format_period,
    gettext_for,
    named,
    ngettext_for,
    preferred_language,
    use_language,
    use_zone,
)
from gmp_booking.kernel.period import Period
from tests.zones import BERLIN, SEOUL


@pytest.fixture(autouse=True)
def facility_zone() -> None:
    use_zone(SEOUL)


def seoul(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=SEOUL)


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    """A Korean catalogue with two sentences in it."""
    catalogue = Catalog(locale="ko")
    catalogue.add("Sign in", "로그인")
    catalogue.add("Draft", "초안")
    catalogue.add("%(who)s from %(at)s", "%(at)s부터 %(who)s")
    catalogue.add("broken %(who)s", "망가진 %(whom)s")
    catalogue.add("%(room)s is free", "%(room)s{은/는} 비어 있음")
    catalogue.add(("%(num)s place", "%(num)s places"), ("%(num)s자리",))
    target = tmp_path / "ko" / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path)
    caches = (i18n._catalogue, i18n.gettext_for, i18n.ngettext_for)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ko", "ko"),
        ("ko-KR", "ko"),
        ("en-GB", "en"),
        ("zh", "zh_Hans"),
        ("zh-CN", "zh_Hans"),
        ("zh-TW", "zh_Hans"),
        ("zh_Hans", "zh_Hans"),
        ("ZH-hant-HK", "zh_Hans"),
        ("fr", "ko"),
        ("", "ko"),
        (None, "ko"),
        ("../../etc", "ko"),
    ],
)
def test_every_tag_finds_a_catalogue(tag, language):
    assert closest_language(tag) == language


def test_the_first_language_that_is_offered_is_taken():
    assert preferred_language(["fr-FR", "zh-TW", "en"]) == "zh_Hans"
    assert preferred_language(["fr"], "en") == "en"
    assert preferred_language([]) == "ko"


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("ko", "2027. 3. 2.(화) 14:00 KST"),
        ("en", "2027-03-02 (Tue) 14:00 KST"),
        ("zh_Hans", "2027年3月2日（周二）14:00 KST"),
    ],
)
def test_instants_are_written_in_seoul_time_with_its_name(language, written):
    assert format_instant(datetime(2027, 3, 2, 5, 0, tzinfo=UTC), language) == written


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("ko", ["2027. 3. 2.(화) 09:00–16:30 KST", "2027. 3. 2.(화) 22:00 – 2027. 3. 3.(수) 06:00 KST"]),
        ("en", ["2027-03-02 (Tue) 09:00–16:30 KST", "2027-03-02 (Tue) 22:00 – 2027-03-03 (Wed) 06:00 KST"]),
        (
            "zh_Hans",
            ["2027年3月2日（周二）09:00–16:30 KST", "2027年3月2日（周二）22:00 – 2027年3月3日（周三）06:00 KST"],
        ),
    ],
)
def test_a_period_says_the_day_once_when_it_can(language, written):
    periods = [Period(seoul(2, 9), seoul(2, 16, 30)), Period(seoul(2, 22), seoul(3, 6))]
    assert [format_period(period, language) for period in periods] == written


def test_a_period_until_midnight_ends_with_its_day():
    assert format_period(Period(seoul(2, 20), seoul(3, 0)), "en") == "2027-03-02 (Tue) 20:00–24:00 KST"
    assert format_period(Period(seoul(2, 0), seoul(3, 0)), "en") == "2027-03-02 (Tue) 00:00–24:00 KST"
    two_days = Period(seoul(2, 0), seoul(4, 0))
    assert format_period(two_days, "en") == "2027-03-02 (Tue) 00:00 – 2027-03-04 (Thu) 00:00 KST"


def test_the_day_of_an_instant_is_the_one_in_seoul():
    late = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
    assert format_day(late, "en") == "2027-03-02 (Tue)"
    assert format_day(date(2027, 3, 2), "ko") == "2027. 3. 2.(화)"
    assert format_clock(late) == "08:30"


def test_weekdays_come_round():
    days = [format_day(date(2027, 3, 1) + timedelta(days=n), "ko")[-3:] for n in range(7)]
    assert days == ["(월)", "(화)", "(수)", "(목)", "(금)", "(토)", "(일)"]


def test_sentences_are_translated_with_their_parts(catalogues):
    translate = gettext_for("ko")
    assert translate("Sign in") == "로그인"
    assert translate("%(who)s from %(at)s", who="김", at=seoul(2, 14)) == "2027. 3. 2.(화) 14:00 KST부터 김"
    assert translate("Not in the catalogue") == "Not in the catalogue"
    assert gettext_for("zh-TW")("Sign in") == "Sign in"
    assert gettext_for("en")("%(who)s from %(at)s", who="Kim", at=date(2027, 3, 2)) == "Kim from 2027-03-02 (Tue)"


def test_an_empty_sentence_is_not_the_catalogues_header(catalogues):
    assert gettext_for("ko")("") == ""


def test_a_percent_sign_without_parts_is_left_alone(catalogues):
    assert gettext_for("ko")("100 % done") == "100 % done"


def test_a_translators_slip_shows_and_does_not_fail(catalogues):
    assert gettext_for("ko")("broken %(who)s", who="김") == "망가진 %(whom)s"


def test_counted_sentences(catalogues):
    assert [ngettext_for("en")("%(num)s place", "%(num)s places", n) for n in (1, 2)] == ["1 place", "2 places"]
    assert ngettext_for("ko")("%(num)s place", "%(num)s places", 2) == "2자리"


def test_names_fall_back_to_a_language_they_have():
    room = SimpleNamespace(name_ko="세포처리실", name_en="Cell processing", name_zh="")
    assert [named(room, language) for language in ("ko", "en", "zh_Hans")] == [
        "세포처리실",
        "Cell processing",
        "세포처리실",
    ]
    assert named({"ko": "가", "en": "a"}, "en") == "a"
    assert named(SimpleNamespace(name="plain"), "en") == "plain"
    assert named(None, "en") == ""


def test_times_are_shown_in_the_zone_of_the_request_and_carry_its_abbreviation():
    use_zone(BERLIN)
    winter, summer = datetime(2027, 3, 2, 8, tzinfo=UTC), datetime(2027, 7, 2, 8, tzinfo=UTC)
    assert [format_instant(at, "en") for at in (winter, summer)] == [
        "2027-03-02 (Tue) 09:00 CET",
        "2027-07-02 (Fri) 10:00 CEST",
    ]
    assert (format_clock(summer), i18n.format_zone(summer)) == ("10:00", "CEST")
    assert [i18n.zone_abbreviations(zone) for zone in (BERLIN, SEOUL)] == ["CET/CEST", "KST"]
    assert i18n.zone_abbreviations(ZoneInfo("Australia/Sydney")) == "AEST/AEDT"
    said = [i18n.zone_in_words(language) for language in ("en", "ko", "zh_Hans")]
    assert said == ["Berlin", "베를린 기준(CET/CEST)", "柏林时间（CET/CEST）"]


def test_no_time_is_shown_before_the_zone_is_known():
    with pytest.raises(LookupError):
        contextvars.Context().run(format_clock, datetime(2027, 3, 2, 8, tzinfo=UTC))


def test_threads_do_not_share_a_language():
    use_language("en")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(i18n.current_language()))
    thread.start()
    thread.join()
    assert (seen, i18n.current_language()) == (["ko"], "en")


def test_templates_speak_the_language_of_the_request(catalogues):
    environment = Environment(autoescape=True)
    i18n.install(environment)
    template = environment.from_string(
        "{{ _('Sign in') }} {{ at|instant }} {{ at|day }} {{ at|clock }} {{ period|period }} {{ room|named }}"
        " {{ ngettext('%(num)s place', '%(num)s places', 2) }} {{ _('%(who)s from %(at)s', who='<b>', at='x') }}"
    )
    use_language("ko")
    page = template.render(
        at=seoul(2, 14), period=Period(seoul(2, 9), seoul(2, 10)), room={"name_ko": "실", "name_en": "Room"}
    )
    assert page == (
        "로그인 2027. 3. 2.(화) 14:00 KST 2027. 3. 2.(화) 14:00 2027. 3. 2.(화) 09:00–10:00 KST 실"
        " 2자리 x부터 &lt;b&gt;"
    )


def test_labels_follow_the_language_of_the_request(catalogues):
    environment = Environment(autoescape=True)
    i18n.install(environment)
    template = environment.from_string('{{ "DRAFT"|label("booking_state") }} {{ state|label("booking_state") }}')
    use_language("en")
    assert template.render(state="DRAFT") == "Draft Draft"
    use_language("ko")
    assert template.render(state="DRAFT") == "초안 초안"
    assert template.render(state="NEW") == "초안 NEW"


@pytest.mark.parametrize(("room", "said"), [("B-02", "B-02는"), ("B-03", "B-03은"), ("세포실 & <A>", "세포실 & <A>는")])
def test_a_korean_particle_follows_what_was_filled_in(catalogues, room, said):
    use_language("ko")
    environment = Environment(autoescape=True)
    i18n.install(environment)
    page = environment.from_string("{{ _('%(room)s is free', room=room) }}").render(room=room)
    assert i18n._("%(room)s is free", room=room) == f"{said} 비어 있음"
    assert page == escape(f"{said} 비어 있음")
