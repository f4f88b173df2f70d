"""The particle after a word is the one that a Korean reader says, whatever the word ends in."""

from __future__ import annotations

import pytest

from gmp_booking.kernel.korean import escape_markers, resolve_particles

TOPIC = {
    # Hangul: by the final consonant of the last syllable
    "배양기": "배양기는",
    "작업실": "작업실은",
    "가온": "가온은",
    # digits, as they are read
    "A-10": "A-10은",
    "B-01": "B-01은",
    "B-02": "B-02는",
    "B-03": "B-03은",
    "B-04": "B-04는",
    "B-05": "B-05는",
    "B-06": "B-06은",
    "B-07": "B-07은",
    "B-08": "B-08은",
    "B-09": "B-09는",
    # Latin letters: l, m, n and r end in a consonant when they are spelt out
    "HPLC": "HPLC는",
    "URL": "URL은",
    "ATM": "ATM은",
    "CLN": "CLN은",
    "PCR": "PCR은",
    "QA": "QA는",
    "Sally": "Sally는",
    "Helixcell": "Helixcell은",
    "Kim": "Kim은",
    "Test Center": "Test Center는",
    # what is not read does not count
    "가온(주)": "가온(주)은",
    "바이오 (부산)": "바이오 (부산)는",
    "작업실 [B-02]": "작업실 [B-02]은",
    "(주)": "(주)는",
    "“배양기”": "“배양기”는",
    "‘작업실’.": "‘작업실’.은",
    "R&amp;D &quot;가온&quot;": "R&amp;D &quot;가온&quot;은",
    "B-02 ": "B-02 는",
    "": "는",
    "王伟": "王伟는",
    # dates and times, read with their unit
    "2027. 3. 2.(화)": "2027. 3. 2.(화)은",
    "2027. 3. 2.(화) 14:00 KST": "2027. 3. 2.(화) 14:00 KST는",
    "2027. 3. 2.(화) 14:30–15:45 KST": "2027. 3. 2.(화) 14:30–15:45 KST은",
}


@pytest.mark.parametrize("word", TOPIC)
def test_a_topic_particle_follows_the_last_sound(word: str) -> None:
    assert resolve_particles(f"{word}{{은/는}}") == TOPIC[word]


@pytest.mark.parametrize(
    ("word", "particle", "wanted"),
    [
        ("B-02", "이/가", "B-02가"),
        ("B-03", "이/가", "B-03이"),
        ("제품", "을/를", "제품을"),
        ("장비", "을/를", "장비를"),
        ("QA", "과/와", "QA와"),
        ("김민준", "과/와", "김민준과"),
        # "으로" becomes "로" after a vowel and after ㄹ
        ("B-03", "으로/로", "B-03으로"),
        ("B-02", "으로/로", "B-02로"),
        ("B-01", "으로/로", "B-01로"),
        ("B-08", "으로/로", "B-08로"),
        ("작업실", "으로/로", "작업실로"),
        ("URL", "으로/로", "URL로"),
        ("ATM", "으로/로", "ATM으로"),
        ("2027. 3. 2.(화)", "으로/로", "2027. 3. 2.(화)로"),
    ],
)
def test_every_pair_of_forms_follows_the_last_sound(word: str, particle: str, wanted: str) -> None:
    assert resolve_particles(f"{word}{{{particle}}}") == wanted


def test_every_marker_of_a_sentence_is_resolved_by_what_stands_before_it() -> None:
    said = resolve_particles("B-02{은/는} B-03{으로/로} 이동, 제품{을/를} 확인")
    assert said == "B-02는 B-03으로 이동, 제품을 확인"


def test_a_sentence_without_markers_stays_as_it_is() -> None:
    assert resolve_particles("{room} 100 % (A/B) {a/b}") == "{room} 100 % (A/B) {a/b}"


def test_markers_survive_the_filling_in_of_fields() -> None:
    filled = escape_markers("{resource}{은/는} {grade}등급입니다.").format(resource="B-01", grade="C")
    assert resolve_particles(filled) == "B-01은 C등급입니다."
