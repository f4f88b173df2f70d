"""Korean particles: which of two forms follows a word is decided by the word's last sound.

A Korean sentence of the catalogue names both forms after a parameter, `%(room)s{은/는}`; the form is chosen when the
parameter is known.
"""

from __future__ import annotations

import re
from typing import Final

_MARKER: Final = re.compile(r"\{([가-힣]+)/([가-힣]+)\}")

_FIRST_SYLLABLE: Final = ord("가")
_LAST_SYLLABLE: Final = ord("힣")
_FINALS: Final = 28
_RIEUL: Final = 8

# How a digit and a Latin letter end when a Korean reads them: 3 is "sam", N is "en"; all others end in a vowel.
_ENDS_IN_CONSONANT: Final = frozenset("013678LMNR")
_ENDS_IN_RIEUL: Final = frozenset("178LR")

# What is in brackets at the end is not read: "가온(주)" takes the particle of "가온".
_ASIDE: Final = re.compile(r"\s*(\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）)$")
_DATE: Final = re.compile(r"\d\. ?\d{1,2}\.$")
_TIME: Final = re.compile(r"(?<!\d)\d{1,2}:(\d\d)$")
_ZONE: Final = re.compile(r"(?<=:\d\d) (?:[A-Z]{3,5}|[+-]\d{2,4})$")
_ENTITY: Final = re.compile(r"&#?\w+;$")


def resolve_particles(text: str) -> str:
    """The text with one form in place of every marker such as `{은/는}`.

    Shape: a marker has the form after a consonant first: "은/는", "이/가", "을/를", "과/와", "으로/로".
    """
    done = ""
    position = 0
    for marker in _MARKER.finditer(text):
        done += text[position : marker.start()]
        done += _form(done, *marker.groups())
        position = marker.end()
    return done + text[position:]


def escape_markers(sentence: str) -> str:
    """The sentence as `str.format` takes it: the markers stay, the fields are filled in."""
    return _MARKER.sub(r"{\g<0>}", sentence)


def _form(before: str, after_consonant: str, after_vowel: str) -> str:
    consonant, rieul = _last_sound(before)
    if rieul and after_consonant.startswith("으로"):
        return after_vowel
    return after_consonant if consonant else after_vowel


def _last_sound(text: str) -> tuple[bool, bool]:
    """Whether it is a consonant, and whether this consonant is ㄹ."""
    word = _read_aloud(text.rstrip())
    if not word:
        return False, False
    last = word[-1]
    if _FIRST_SYLLABLE <= ord(last) <= _LAST_SYLLABLE:
        final = (ord(last) - _FIRST_SYLLABLE) % _FINALS
        return final > 0, final == _RIEUL
    # In a word of small letters a final r is not heard: "Center" is read as "senteo".
    is_silent = last == "r" and word[-2:-1].islower()
    return last.upper() in _ENDS_IN_CONSONANT and not is_silent, last.upper() in _ENDS_IN_RIEUL and not is_silent


def _read_aloud(text: str) -> str:
    """The text up to the last character that is read; dates end in "일", times in "시" or "분"."""
    word = _ZONE.sub("", text)
    while (shorter := _ASIDE.sub("", word)) and shorter != word:
        word = shorter
    if _DATE.search(word):
        return "일"
    if time := _TIME.search(word):
        return "시" if time[1] == "00" else "분"
    while word and not word[-1].isalnum():
        shorter = _ENTITY.sub("", word)
        word = shorter if shorter != word else word[:-1]
    return word
