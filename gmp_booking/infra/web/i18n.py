"""Sentences, dates and names in the reader's language: Korean, English, Chinese.

Built on Babel's `Translations` with the language as an argument, because services and the worker have no web request.
A handler calls `use_language()` and `use_zone()` once per request; `_()` and the filters use them. Times are in the
facility's zone and name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from babel.support import NullTranslations, Translations
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from gmp_booking.kernel import states
from gmp_booking.kernel.korean import resolve_particles
from gmp_booking.kernel.labels import TABLES, label_of, text_for_kind
from gmp_booking.kernel.languages import CHINESE, DEFAULT_LANGUAGE, ENGLISH, KOREAN, LANGUAGES
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import CONTEXT_END

CATALOGUES: Final = Path(__file__).resolve().parents[2] / "translations"

_WEEKDAYS: Final[Mapping[str, str]] = {KOREAN: "월화수목금토일", CHINESE: "一二三四五六日"}
_ENGLISH_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAME_FIELDS: Final[Mapping[str, str]] = {KOREAN: "name_ko", ENGLISH: "name_en", CHINESE: "name_zh"}

Gettext = Callable[..., str]

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)
_zone: ContextVar[ZoneInfo] = ContextVar("zone")


def closest_language(tag: str | None, default: str = DEFAULT_LANGUAGE) -> str:
    """The catalogue for a language tag. Traditional Chinese gets the simplified one, because there is no other."""
    primary = (tag or "").replace("_", "-").split("-")[0].strip().lower()
    return next((each for each in LANGUAGES if each.partition("_")[0] == primary), default)


def preferred_language(tags: Iterable[str], default: str = DEFAULT_LANGUAGE) -> str:
    """The first of a browser's languages that has a catalogue."""
    return next((found for tag in tags if (found := closest_language(tag, ""))), default)


def html_language(language: str) -> str:
    """The language as HTML and HTTP write it."""
    return language.replace("_", "-")


def use_language(language: str) -> None:
    """Use this language for the rest of the current context (request or thread)."""
    _language.set(closest_language(language))


def current_language() -> str:
    return _language.get()


def use_zone(zone: ZoneInfo) -> None:
    """Show times in this zone from here on, in this thread of work."""
    _zone.set(zone)


def current_zone() -> ZoneInfo:
    """Errors: LookupError before `use_zone`, since no zone is right without the setting."""
    return _zone.get()


@cache
def _catalogue(language: str) -> NullTranslations:
    # Without a catalogue the pages still work: the message ids are English sentences.
    return Translations.load(CATALOGUES, [language]) if language != ENGLISH else NullTranslations()


@cache
def gettext_for(language: str) -> Gettext:
    """The translator of one language: `translate(msgid, **params)`.

    Shape: the sentence names params as `%(name)s`; instants, periods and days are formatted for the language. Without
    params, no placeholder is replaced.
    """
    catalogue = _catalogue(closest_language(language))

    def translate(message: str, /, **params: Any) -> str:
        # Without a translation, gettext returns the message id with its context.
        sentence = str(catalogue.gettext(message)).rpartition(CONTEXT_END)[2] if message else ""
        return _filled(sentence, params, language) if params else sentence

    return translate


@cache
def ngettext_for(language: str) -> Gettext:
    """The same for plural forms: `translate(one, many, n, **params)`; `n` is `%(num)s`."""
    catalogue = _catalogue(closest_language(language))

    def translate(one: str, many: str, n: int, /, **params: Any) -> str:
        return _filled(str(catalogue.ngettext(one, many, n)), {"num": n, **params}, language)

    return translate


def _(message: str, /, **params: Any) -> str:
    """The sentence in the language of the request."""
    return gettext_for(current_language())(message, **params)


def _filled(sentence: str, params: Mapping[str, Any], language: str) -> str:
    try:
        filled = sentence % {name: as_text(value, language) for name, value in params.items()}
    except (KeyError, ValueError, TypeError):
        # A wrong placeholder in a translation must not break the page.
        return sentence
    return resolve_particles(filled) if language == "ko" else filled


def as_text(value: Any, language: str) -> Any:
    """A parameter formatted for a sentence; numbers stay numbers."""
    if isinstance(value, Period):
        return format_period(value, language)
    if isinstance(value, datetime):
        return format_instant(value, language)
    if isinstance(value, date):
        return format_day(value, language)
    return value


# -- dates and times, always in the facility's zone


def format_instant(instant: datetime, language: str | None = None) -> str:
    """`2027. 3. 2.(화) 14:00 CET` · `2027-03-02 (Tue) 14:00 CET` · `2027年3月2日（周二）14:00 CET`."""
    language = language or current_language()
    local = instant.astimezone(current_zone())
    return f"{_day(local, language)}{_gap(language)}{local:%H:%M %Z}"


def format_day(day: date, language: str | None = None) -> str:
    """The day alone; of an instant, the day it is in the facility."""
    return _day(day.astimezone(current_zone()) if isinstance(day, datetime) else day, language or current_language())


def format_clock(instant: datetime) -> str:
    """`14:00`, for places that name the zone beside it."""
    return f"{instant.astimezone(current_zone()):%H:%M}"


def format_zone(instant: datetime) -> str:
    """The abbreviation of the zone at an instant: `CET`, `CEST`."""
    return f"{instant.astimezone(current_zone()):%Z}"


def format_period(period: Period, language: str | None = None) -> str:
    """From when to when; the day stands once when both ends share it, and midnight closes its day as 24:00."""
    language = language or current_language()
    zone = current_zone()
    start, end = period.start.astimezone(zone), period.end.astimezone(zone)
    opening = f"{_day(start, language)}{_gap(language)}{start:%H:%M}"
    if start.date() == end.date():
        return f"{opening}–{end:%H:%M %Z}"
    if end.time() == end.min.time() and end.date() == start.date() + timedelta(days=1):
        return f"{opening}–24:00 {end:%Z}"
    return f"{opening} – {_day(end, language)}{_gap(language)}{end:%H:%M %Z}"


@cache
def zone_abbreviations(zone: ZoneInfo) -> str:
    """The abbreviations of a zone in this year, standard time first: `CET/CEST`."""
    year = datetime.now(zone).year
    offsets = {f"{at:%Z}": f"{at:%z}" for month in (1, 7) if (at := datetime(year, month, 1, tzinfo=zone))}
    return "/".join(sorted(offsets, key=lambda name: int(offsets[name])))


def zone_in_words(language: str | None = None) -> str:
    """Whose times they are: `Berlin` · `베를린 기준(CET/CEST)` · `柏林时间（CET/CEST）`."""
    language, zone = language or current_language(), current_zone()
    city = get_timezone_location(zone, locale=language, return_city=True)
    if language == ENGLISH:
        return city
    if language == CHINESE:
        return f"{city}时间（{zone_abbreviations(zone)}）"
    return f"{city} 기준({zone_abbreviations(zone)})"


def _day(day: date, language: str) -> str:
    if language == ENGLISH:
        return f"{day:%Y-%m-%d} ({_ENGLISH_WEEKDAYS[day.weekday()]})"
    if language == CHINESE:
        return f"{day.year}年{day.month}月{day.day}日（周{_WEEKDAYS[language][day.weekday()]}）"
    return f"{day.year}. {day.month}. {day.day}.({_WEEKDAYS[KOREAN][day.weekday()]})"


def _gap(language: str) -> str:
    return "" if language == CHINESE else " "


# -- names in three languages


def named(thing: Any, language: str | None = None) -> str:
    """The name of a record in the reader's language, or in another language if it has none.

    Shape: an object or mapping with name_ko, name_en, name_zh, or with `name`; a mapping may use language codes.
    """
    wanted = language or current_language()
    for each in (wanted, *LANGUAGES):
        for key in (_NAME_FIELDS.get(each, "name"), each, each.partition("_")[0]):
            if found := _value(thing, key):
                return str(found)
    return str(_value(thing, "name") or "")


def _value(thing: Any, key: str) -> Any:
    return thing.get(key) if isinstance(thing, Mapping) else getattr(thing, key, None)


# -- templates


@pass_context
def labelled(_context: Context, code: str, table: str, *, kind: str | None = None, **params: Any) -> str:
    """The label of a code from the named label table; a code without a label is returned unchanged.

    Shape: `kind` is the kind of the booking for texts about its sessions; `params` fill the placeholders.
    """
    # The context argument keeps Jinja from computing the label of a constant once, in the language of the first reader.
    return _(text_for_kind(label_of(code, TABLES[table]), kind), **params)


def install(environment: Environment) -> None:
    """Add `_()`, `ngettext()`, the sets of states and the filters below to the templates."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: _catalogue(current_language()).gettext(message),
        lambda one, many, n: _catalogue(current_language()).ngettext(one, many, n),
        newstyle=True,
    )
    for name in ("gettext", "ngettext"):
        environment.globals[name] = _with_particles(cast("Callable[..., Any]", environment.globals[name]))
    environment.globals["state_sets"] = states
    environment.filters.update(
        instant=format_instant,
        day=format_day,
        clock=format_clock,
        zone=format_zone,
        period=format_period,
        named=named,
        label=labelled,
        language_tag=html_language,
    )


def _with_particles(translate: Callable[..., Any]) -> Callable[..., Any]:
    """A translator of templates that also resolves Korean particles after the parameters are filled in."""

    @pass_context
    def translate_and_resolve(context: Context, *texts: Any, **params: Any) -> Any:
        text = translate(context, *texts, **params)
        return type(text)(resolve_particles(text)) if current_language() == KOREAN and "{" in text else text

    return translate_and_resolve
