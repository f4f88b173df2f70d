"""Chinese names of Korea's public holidays; the package `holidays` knows Korean and English ones."""

from __future__ import annotations

_NAMES = {
    "신정연휴": "元旦",
    "설날 전날": "春节前日",
    "설날": "春节",
    "설날 다음날": "春节次日",
    "삼일절": "三一节",
    "노동절": "劳动节",
    "어린이날": "儿童节",
    "부처님오신날": "佛诞节",
    "현충일": "显忠日",
    "제헌절": "制宪节",
    "광복절": "光复节",
    "추석 전날": "中秋节前日",
    "추석": "中秋节",
    "추석 다음날": "中秋节次日",
    "개천절": "开天节",
    "한글날": "韩文节",
    "기독탄신일": "圣诞节",
    "국군의 날": "国军节",
    "임시공휴일": "临时公休日",
    "대통령 선거일": "总统选举日",
    "국회의원 선거일": "国会议员选举日",
    "지방선거일": "地方选举日",
}
_SUBSTITUTE = " 대체 휴일"


def chinese_name(korean: str, *, otherwise: str) -> str:
    """The Chinese name for a Korean one; two holidays on one day give both names."""
    names = [_one(part.strip()) for part in korean.split(";")]
    return "、".join(name for name in names if name) if all(names) else otherwise


def _one(korean: str) -> str | None:
    name = _NAMES.get(korean.removesuffix(_SUBSTITUTE))
    return f"{name}补休日" if name and korean.endswith(_SUBSTITUTE) else name
