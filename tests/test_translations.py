"""Every sentence the product can say is said in Korean and in Chinese, in the facility's own terms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from marshmallow import Schema

from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.i18n import CATALOGUES
from gmp_booking.infra.web.validation_messages import translate_message
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.languages import LANGUAGES, UNREVIEWED
from gmp_booking.kernel.states import BookingState, SessionState
from gmp_booking.kernel.vocabulary import Action, Exposure, Kind, RunType
from tests.architecture.sources import modules
from tests.clients import PASSWORD, PageClient, make_app, open_accounts, weekday_at
from tests.factories.form_fields import form_of

TRANSLATED = tuple(each for each in LANGUAGES if each != "en")
LETTERS = {"ko": re.compile("[가-힣]"), "zh_Hans": re.compile("[\u4e00-\u9fff]")}
SAME_IN_EVERY_LANGUAGE = frozenset({"API"})
PLACE = re.compile(r"%\(\w+\)[sd]|(?<!%)\{\w+\}")
STOPS = (".", "。")
# The glossary, as far as a pattern can hold it: one word for one thing, in every sentence.
TERMS = {
    r"\bbookings?\b": ("예약", "预约"),
    r"\bsessions?\b": ("작업|일정|회차", "作业|场次|时段"),
    r"\bcleanrooms?\b": ("청정실", "洁净室"),
    r"\bequipment\b": ("장비", "设备"),
    r"\bproducts?\b": ("제품|품목 전환", "品种|产品"),
    r"\bcompany\b": ("기업|귀사", "企业|贵公司"),
    r"\bquality assurance\b": ("품질 보증", "质量保证"),
    r"\bengineering runs?\b": (r"시험 생산\(엔지니어링 런\)", "工程批"),
    r"\bsignatures?\b": ("서명", "签名"),
    r"\brequests?\b": ("신청|요청", "申请|请求"),
    r"\bdraft\b": ("초안", "草稿"),
    r"\btimeline\b": ("일정표", "时间表"),
    r"\bpasswords?\b": ("비밀번호", "密码"),
    r"\breasons?\b": ("사유", "理由|原因"),
    r"\bline clearances?\b": ("라인 클리어런스", "清场"),
    r"\bquality holds?\b": ("사용 보류", "质量暂停"),
    r"\boutages?\b": ("사용 중지", "停用"),
    r"\bdeviations?\b": ("일탈", "偏差"),
    r"\bcampaigns?\b": ("캠페인", "阶段性生产"),
    r"\bon call\b": ("당직", "值班"),
    r"\boverr(id|od)": ("예외 승인", "例外批准"),
    r"\bat risk\b": ("차질", "风险"),
    r"\brecovery\b": ("청정 회복", "自净"),
    r"\bmodality\b": ("치료기술 유형", "技术类型"),
}


def ids_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def texts_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def places_in(sentence: str) -> list[str]:
    return sorted(match[0] for match in PLACE.finditer(sentence))


@pytest.fixture(scope="module")
def written(repository: Path) -> frozenset[tuple[str, tuple[str, ...]]]:
    """The sentences in the code and the templates, as the extractor of `babel.cfg` finds them."""
    with (repository / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    ours = repository / "gmp_booking"
    found = extract_from_dir(
        repository,
        methods,
        options,
        DEFAULT_KEYWORDS | parse_keywords(["_", "N_", "NC_:1c,2"]),
        directory_filter=lambda folder: ours in (Path(folder), *Path(folder).parents),
    )
    return frozenset(
        (context or "", (message,) if isinstance(message, str) else tuple(message))
        for _, _, message, _, context in found
    )


def keys_in(call: ast.Call) -> Iterator[str]:
    """The texts that choose an entry of a table where the sentence stands: `_(LABELS["KEY"])`."""
    for node in (node for argument in call.args for node in ast.walk(argument)):
        if isinstance(node, ast.Subscript):
            yield from (each.value for each in ast.walk(node.slice) if isinstance(each, ast.Constant))


def test_no_key_stands_inside_a_call_of_the_translator() -> None:
    # Babel before 2.19 takes such a key for a sentence, later versions don't: the catalogues would suit only one of them.
    marked = DEFAULT_KEYWORDS.keys() | {"_", "N_"}
    keys = {
        f"{module.name}:{call.lineno}: look up {key!r} before the call"
        for module in modules()
        for call in module.calls()
        if isinstance(call.func, ast.Name) and call.func.id in marked
        for key in keys_in(call)
        if isinstance(key, str)
    }
    assert keys == set()


def catalogue_of(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.fixture(scope="module", params=TRANSLATED)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return catalogue_of(request.param)


def sentences(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def test_every_sentence_is_translated_and_none_is_left_over(catalogue: Catalog, written: frozenset) -> None:
    assert len(written) > 400
    kept = {(message.context or "", ids_of(message)) for message in sentences(catalogue)}
    assert sorted(written - kept) == []
    assert sorted(kept - written) == []
    assert [message.id for message in sentences(catalogue) if not all(texts_of(message))] == []
    assert [message.id for message in catalogue if message.fuzzy] == []
    assert not catalogue.obsolete


def test_counted_sentences_have_the_one_form_of_the_language(catalogue: Catalog) -> None:
    assert catalogue.num_plurals == 1
    assert {len(texts_of(message)) for message in sentences(catalogue)} == {1}


def test_what_is_filled_in_is_filled_in_everywhere(catalogue: Catalog) -> None:
    differing = {
        message.id: texts_of(message)
        for message in sentences(catalogue)
        if places_in(ids_of(message)[-1]) != places_in(texts_of(message)[0])
    }
    assert differing == {}


def test_no_korean_sentence_names_both_forms_of_a_particle() -> None:
    both = re.compile(r"은\(는\)|는\(은\)|을\(를\)|를\(을\)|이\(가\)|가\(이\)|와\(과\)|과\(와\)|\((으|이)\)")
    texts = [text for message in sentences(catalogue_of("ko")) for text in texts_of(message)]
    assert [text for text in texts if both.search(text)] == []


def test_a_particle_is_chosen_by_what_is_filled_in_before_it() -> None:
    # A marker with no parameter before it would never be resolved: the translator knows the form there.
    marker = re.compile(r"\{[가-힣]+/[가-힣]+\}")
    texts = [text for message in sentences(catalogue_of("ko")) for text in texts_of(message)]
    marked = [text for text in texts if marker.search(text)]
    assert marked
    assert [text for text in marked if re.search(rf"(?<![sd}}]){marker.pattern}", text)] == []


def test_nothing_stayed_english(catalogue: Catalog) -> None:
    letters = LETTERS[str(catalogue.locale)]
    english = {text for message in sentences(catalogue) for text in texts_of(message) if not letters.search(text)}
    assert english == SAME_IN_EVERY_LANGUAGE


def test_a_label_stays_a_label_and_a_sentence_a_sentence(catalogue: Catalog) -> None:
    pairs = [(ids_of(message)[0], texts_of(message)[0]) for message in sentences(catalogue)]
    # A colon before what follows may become a full stop: Korean does not lead on with one.
    differing = [pair for pair in pairs if pair[0].endswith(".") != pair[1].endswith(STOPS) and pair[0][-1] != ":"]
    assert differing == []


@pytest.mark.parametrize("term", TERMS)
def test_a_term_has_one_word(term: str) -> None:
    for language, wanted in zip(("ko", "zh_Hans"), TERMS[term], strict=True):
        pairs = [(ids_of(message)[0], texts_of(message)[0]) for message in sentences(catalogue_of(language))]
        spoken = [pair for pair in pairs if re.search(term, PLACE.sub("", pair[0]), re.IGNORECASE)]
        assert spoken
        assert [pair for pair in spoken if not re.search(wanted, pair[1])] == []


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogues as they are written now, not as they were last compiled."""
    caches = (i18n._catalogue, i18n.gettext_for, i18n.ngettext_for)
    for language in TRANSLATED:
        target = tmp_path / language / "LC_MESSAGES" / "messages.mo"
        target.parent.mkdir(parents=True)
        with target.open("wb") as file:
            write_mo(file, catalogue_of(language))
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


NONSENSE = (
    None,
    True,
    "x",
    "",
    "\x00",
    "a" * 5000,
    "2027-13-40",
    "2027-03-02T09:00:00",
    -1,
    10**30,
    1.5,
    [],
    ["x"],
    [{}],
    {},
)


def schemas_of_ours() -> list[type[Schema]]:
    known, more = set(), {Schema}
    while more:
        known |= more
        more = {each for schema in more for each in schema.__subclasses__()} - known
    return sorted((each for each in known if each.__module__.startswith("gmp_booking.")), key=str)


def complaints_in(messages: Any) -> Iterator[str]:
    if isinstance(messages, str):
        yield messages
        return
    for each in messages.values() if isinstance(messages, Mapping) else messages:
        yield from complaints_in(each)


def complaints_of(schema: Schema) -> Iterator[str]:
    for value in (*NONSENSE, *({name: value} for name in [*schema.load_fields, "unknown"] for value in NONSENSE)):
        yield from complaints_in(schema.validate(value))


@pytest.mark.parametrize("language", TRANSLATED)
def test_schemas_complain_in_the_language_of_the_request(catalogues: None, language: str) -> None:
    i18n.use_language(language)
    complaints = {each for schema in schemas_of_ours() for each in complaints_of(schema())}
    assert len(complaints) > 15
    assert {each for each in complaints if not LETTERS[language].search(translate_message(each))} == set()


class Spoken(HTMLParser):
    """What a page says: its texts, and the attributes that are read out."""

    READ_OUT = frozenset({"aria-label", "title", "placeholder", "alt", "data-done"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.said |= {value for name, value in attrs if name in self.READ_OUT and value}

    def handle_data(self, data: str) -> None:
        self.said |= {" ".join(data.split())}


@pytest.fixture
def app(place, database: Database, catalogues: None, tmp_path: Path) -> Iterator[Flask]:
    open_accounts(database)
    app = make_app(place.app_url, place.owner_url, tmp_path / "data")
    yield app
    app.extensions["gmp"].database.dispose()


def client_in_language(app: Flask, email: str, language: str) -> PageClient:
    page_client = PageClient(app, email)
    assert page_client.post("/language", {"language": language, "next": "/"}).status_code == 303
    return page_client


def pages_of_a_journey(app: Flask, language: str) -> Iterator[tuple[str, str]]:
    """Every page a booking passes on its way, with what went wrong on some of them."""
    start, end = weekday_at(9), weekday_at(16)
    session = {"room": "B-01", "start": start, "end": end, "headcount": "2", "people": ["operator@gaon.example"]}
    incubator = {"resource": "INC-01", "units": "1", "start": start, "end": weekday_at(9, weeks=5)}
    stranger = app.test_client()
    yield "sign-in", stranger.get("/login", headers={"Accept-Language": i18n.html_language(language)}).text
    requester = client_in_language(app, "requester@gaon.example", language)
    for path in ("/timeline", "/timeline?view=week&equipment=1", "/bookings", "/bookings/new", "/account", "/nowhere"):
        yield path, requester.get(path).text
    for path in ("/today", "/timeline/free", "/holidays"):
        yield path, requester.get(path).text
    for operation in ("check", "submit"):
        wrong = form_of(operation=operation, sessions=[session | {"end": start, "room": "", "headcount": "x"}])
        yield f"{operation} a form with mistakes", requester.post("/bookings/new", wrong).text
    yield "a check", requester.post("/bookings/new", form_of(operation="check", sessions=[session])).text
    submitted = requester.post("/bookings/new", form_of(sessions=[session], equipment=[incubator]))
    booking = urlsplit(submitted.location).path
    yield "submitted", requester.get(submitted.location).text
    crowded = form_of(operation="check", sessions=[session | {"headcount": "90"}])
    yield "in the way", requester.post("/bookings/new", crowded).text
    scheduler = client_in_language(app, "scheduler@brc.example", language)
    yield "inbox", scheduler.get("/inbox").text
    yield "to review", scheduler.get(booking).text
    yield "reviewed", scheduler.get(scheduler.post(f"{booking}/review").location).text
    for path in ("/inbox?stage=all", "/inbox/decide", "/outages", "/outages/new", "/roster", "/bookings/new"):
        yield f"scheduler's {path}", scheduler.get(path).text
    administrator = client_in_language(app, "admin@brc.example", language)
    for path in ("", "/people", "/companies", "/companies/GAO", "/resources", "/resources/B-01", "/hours", "/rules"):
        yield f"administrator's {path}", administrator.get(f"/admin{path}").text
    quality = client_in_language(app, "qa@brc.example", language)
    yield "not signed", quality.post(f"{booking}/approve", {"password": "wrong"}).text
    yield "signed", quality.get(quality.post(f"{booking}/approve", {"password": PASSWORD}).location).text
    yield "signed again", quality.post(f"{booking}/approve", {"password": PASSWORD}).text
    yield "list", requester.get("/bookings").text
    yield "to change", requester.get(f"{booking}/change").text
    yield "its first session", quality.get(f"{booking}/sessions/1").text
    yield "no reason", requester.post(f"{booking}/cancel", {"reason": " . "}).text
    cancelled = requester.post(f"{booking}/cancel", {"reason": "The donor material was not released"})
    yield "cancelled", requester.get(cancelled.location).text
    yield "list of everything", requester.get("/bookings?when=all").text


def test_a_translation_nobody_has_reviewed_says_so(app: Flask) -> None:
    for language in LANGUAGES:
        page = app.test_client().get("/login", headers={"Accept-Language": i18n.html_language(language)}).text
        note = i18n.gettext_for(language)("No native speaker has reviewed this translation yet.")
        assert (note in Spoken(page).said) == (language in UNREVIEWED), language


def test_a_form_that_asks_for_a_language_begins_with_the_readers(app: Flask) -> None:
    for language in LANGUAGES:
        for email, path in (("requester@gaon.example", "/account"), ("admin@brc.example", "/admin/people")):
            page = client_in_language(app, email, language).get(path).text
            assert f'<option value="{language}" selected>' in page, (language, path)


@pytest.mark.heavy
@pytest.mark.parametrize("language", TRANSLATED)
def test_no_page_says_an_english_sentence_of_ours(app: Flask, language: str, written: frozenset) -> None:
    english = {each for _context, ids in written for each in ids} - SAME_IN_EVERY_LANGUAGE
    sentence = re.compile("|".join(".+".join(map(re.escape, PLACE.split(each))) for each in english))
    code = re.compile(rf"\b({'|'.join([*BookingState, *SessionState, *Kind, *RunType, *Exposure, *Role, *Action])})\b")
    for name, page in pages_of_a_journey(app, language):
        said = Spoken(page).said
        assert [each for each in said if LETTERS[language].search(each)], name
        assert [each for each in said if sentence.fullmatch(each) or code.search(each)] == [], name
