"""The weekly programme of the demo's companies, as data.

A series repeats in some of the weeks around today. Days count from the Monday of its first week; times are local.
No two series use the same resource at the same time, setup and teardown included.
"""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.vocabulary import Exposure, Kind, RunType

FIRST_WEEK, LAST_WEEK = -4, 8
EVERY = range(FIRST_WEEK, LAST_WEEK)
EVEN = range(FIRST_WEEK, LAST_WEEK, 2)
ODD = range(FIRST_WEEK + 1, LAST_WEEK, 2)


@dataclass(frozen=True)
class Visit:
    """One session: room, day, times and people."""

    day: int
    start: str
    end: str
    room: str
    step: str
    crew: tuple[str, ...] = ("operator",)
    equipment: tuple[str, ...] = ()
    exposure: str = Exposure.CLOSED.value
    guests: int = 0
    margin_min: int = 15


@dataclass(frozen=True)
class Run:
    """A reservation of equipment that runs alone."""

    resource: str
    from_day: int
    start: str
    until_day: int
    end: str
    units: int = 1


@dataclass(frozen=True)
class Series:
    """The same booking in several weeks; a steady one also takes place in weeks with few bookings."""

    name: str
    company: str
    title: str
    purpose: str
    weeks: range
    visits: tuple[Visit, ...] = ()
    runs: tuple[Run, ...] = ()
    product: str | None = None
    batch: str | None = None
    kind: Kind = Kind.CLEANROOM
    is_steady: bool = False
    entered_by_staff: bool = False
    run_type: RunType = RunType.ENG
    seats: int | None = None
    is_public: bool = False


FACILITY = "BRC"
MON, TUE, WED, THU, FRI, SAT = range(6)
_BOTH = ("operator", "operator2")

GAON: tuple[Series, ...] = (
    Series(
        "gaon-campaign", "GAO", "GS-M1 배치 배양 (P0→P2)", "공정 개발 3차: 시딩부터 수확·동결까지 전 공정 확인",
        range(-4, 8, 3), product="GS-M1", batch="GS", is_steady=True,
        visits=(
            Visit(TUE, "09:00", "13:00", "B-01", "해동·시딩", _BOTH, ("BSC-01",), "OPEN"),
            Visit(7 + TUE, "09:00", "14:00", "B-01", "1차 계대", _BOTH, ("BSC-01",), "OPEN"),
            Visit(14 + TUE, "09:00", "14:00", "B-01", "2차 계대", _BOTH, ("BSC-01",), "OPEN"),
            Visit(21 + MON, "09:00", "13:00", "B-01", "수확·충전", ("operator", "operator2", "operator3"), ("BSC-01",),
                  "ASEPTIC_OPEN"),
            Visit(21 + MON, "14:30", "17:30", "D-01", "동결보존", ("operator3",)),
        ),
        runs=(Run("INC-01", TUE, "13:00", 21 + MON, "09:00", 3), Run("CRF-01", 21 + MON, "14:30", 21 + MON, "17:30")),
    ),
    Series(
        "gaon-feed", "GAO", "GS-M1 배지 교환", "배양 중 배지 교환 및 현미경 관찰", EVEN, product="GS-M1", batch="GS",
        visits=(
            Visit(MON, "14:00", "16:00", "B-01", "배지 교환", ("operator",), ("BSC-01",), "OPEN"),
            Visit(THU, "09:00", "11:00", "B-01", "배지 교환", ("operator",), ("BSC-01",), "OPEN"),
            Visit(7 + MON, "14:00", "16:00", "B-01", "배지 교환", ("operator",), ("BSC-01",), "OPEN"),
            Visit(7 + THU, "09:00", "11:00", "B-01", "배지 교환", ("operator",), ("BSC-01",), "OPEN"),
        ),
    ),
    Series(
        "gaon-adipose", "GAO", "GS-A2 자가 지방유래 MSC 분리", "기증 지방 조직으로 효소 분리 조건 확인", EVERY,
        product="GS-A2", batch="GA",
        visits=(Visit(WED, "13:00", "17:00", "B-01", "효소 분리·시딩", ("operator2", "operator3"), ("BSC-01",),
                      "OPEN"),),
        runs=(Run("INC-02", WED, "17:30", 7 + WED, "12:00"),),
    ),
    Series(
        "gaon-media", "GAO", "완전배지 조제", "다음 주 배양에 쓸 배지 20 L 조제·여과", EVEN, product="GS-M1",
        batch="GM",
        visits=(Visit(FRI, "09:00", "12:00", "C-02", "배지 조제", ("operator3",)),),
    ),
    Series(
        "gaon-method", "GAO", "세포 표현형 시험법 이전", "유세포 분석법 기술 이전과 분석자 교육", ODD,
        product="GS-M1", batch="GQ",
        visits=(Visit(THU, "13:00", "16:00", "L-01", "유세포 분석", ("operator2",), ("FCM-01",)),),
    ),
)  # fmt: skip

NURIESEL: tuple[Series, ...] = (
    Series(
        "nuriesel-cart", "NRU", "NR-19 CAR-T 10일 공정", "자동 폐쇄형 장비로 10일 공정 전체 시운전", EVEN,
        product="NR-19", batch="NR", is_steady=True,
        visits=(
            Visit(MON, "09:00", "17:00", "V-01", "수령·선별·활성화", _BOTH),
            Visit(TUE, "10:00", "13:00", "V-01", "형질도입", _BOTH),
            Visit(TUE, "10:00", "11:00", "V-02", "벡터 해동", ("operator3",), ("BSC-03",), "OPEN"),
            Visit(FRI, "10:00", "11:00", "V-01", "시료 채취 (D4)", _BOTH),
            Visit(7 + MON, "10:00", "11:00", "V-01", "시료 채취 (D7)", _BOTH),
            Visit(7 + THU, "09:00", "15:00", "V-01", "회수·제형화·충전", ("operator", "operator2", "operator3")),
            Visit(7 + THU, "16:00", "18:30", "D-01", "동결보존", ("operator3",)),
        ),
        runs=(Run("ACP-01", MON, "09:00", 7 + THU, "15:00"), Run("CRF-01", 7 + THU, "16:00", 7 + THU, "18:30")),
    ),
    Series(
        "nuriesel-vector", "NRU", "벡터 취급 훈련", "신규 작업자 벡터 해동·희석 절차 훈련", EVEN, product="NR-19",
        batch="NV",
        visits=(Visit(THU, "13:00", "15:00", "V-02", "벡터 해동 모의", ("operator3", "operator"), ("BSC-03",)),),
    ),
    Series(
        "nuriesel-device", "NRU", "NR-B1 장비 시운전", "차세대 공정 6일 무인 배양 시운전", ODD, kind=Kind.EQUIPMENT,
        product="NR-B1", runs=(Run("ACP-02", MON, "10:00", SAT, "18:00"), Run("INC-05", MON, "10:00", SAT, "18:00")),
    ),
    Series(
        "nuriesel-flow", "NRU", "유세포 분석 (CAR 발현)", "배양 중간 시료의 CAR 발현율 측정", EVEN,
        kind=Kind.EQUIPMENT,
        product="NR-19", runs=(Run("FCM-01", WED, "09:00", WED, "12:00"),),
    ),
)  # fmt: skip

SAEBYEOK: tuple[Series, ...] = (
    Series(
        "saebyeok-dsp", "SAE", "SE-01 정제 (TFF·SEC·충전)", "엑소좀 정제 공정 재현성 확인", EVERY, product="SE-01",
        batch="SE",
        visits=(
            Visit(TUE, "09:00", "17:00", "C-01", "여과·TFF 농축", _BOTH, ("TFF-01", "BSC-04")),
            Visit(WED, "09:00", "14:00", "C-01", "SEC 크로마토그래피", _BOTH, ("CHR-01",)),
            Visit(THU, "09:00", "13:00", "C-01", "제균여과·충전", _BOTH, ("BSC-04",), "OPEN"),
        ),
    ),
    Series(
        "saebyeok-culture", "SAE", "중공사 배양·배양액 회수", "EV 고갈 배지 전환 후 배양액 회수", EVEN,
        product="SE-01", batch="SC",
        visits=(Visit(WED, "13:00", "16:00", "B-02", "배양액 회수", ("operator3",), ("BSC-02",)),),
        runs=(Run("HFB-01", WED, "16:00", 7 + TUE, "09:00"),),
    ),
    Series(
        "saebyeok-buffer", "SAE", "정제용 완충액 조제", "TFF·SEC용 완충액 40 L 조제", ODD, product="SE-01",
        batch="SB",
        visits=(Visit(MON, "13:00", "15:00", "C-02", "완충액 조제", ("operator3",)),),
    ),
    Series(
        "saebyeok-freeze", "SAE", "동결 조건 시험", "동결 속도 3조건 비교", ODD, kind=Kind.EQUIPMENT, product="SE-01",
        runs=(Run("CRF-01", WED, "09:00", WED, "13:00"),),
    ),
)  # fmt: skip

HANBIT: tuple[Series, ...] = (
    Series(
        "hanbit-graft", "HBT", "HB-Derm 이중층 피부 31일 공정", "자가 이중층 피부 이식편 전 공정 시운전", range(-4, 8,
        5),
        product="HB-Derm", batch="HD", is_steady=True,
        visits=(
            Visit(MON, "09:00", "14:00", "B-03", "조직 수령·분리", _BOTH, ("ISO-01",), "OPEN"),
            Visit(WED, "09:00", "11:00", "B-03", "배지 교환", ("operator",), ("ISO-01",)),
            Visit(7 + MON, "09:00", "11:00", "B-03", "배지 교환", ("operator",), ("ISO-01",)),
            Visit(7 + WED, "09:00", "11:00", "B-03", "배지 교환", ("operator",), ("ISO-01",)),
            Visit(14 + MON, "09:00", "11:00", "B-03", "배지 교환", ("operator",), ("ISO-01",)),
            Visit(14 + THU, "09:00", "15:00", "B-03", "시트 적층·각질세포 시딩", ("operator", "operator2", "operator3"),
                  ("ISO-01",), "ASEPTIC_OPEN"),
            Visit(28 + THU, "09:00", "13:00", "B-03", "수확·포장", ("operator", "operator2", "operator3"), ("ISO-01",),
                  "ASEPTIC_OPEN"),
        ),
        runs=(Run("INC-06", MON, "14:00", 28 + THU, "09:00", 3),),
    ),
    Series(
        "hanbit-sheet", "HBT", "HB-KC 각질세포 배양", "지지세포 밀도별 증식 비교", EVERY, product="HB-KC", batch="HK",
        visits=(Visit(TUE, "13:00", "17:00", "B-03", "계대·시딩", ("operator2", "operator3"), ("ISO-01",), "OPEN"),),
        runs=(Run("INC-07", TUE, "17:30", 7 + TUE, "12:00", 2),),
    ),
    Series(
        "hanbit-wash", "HBT", "기구 세척·멸균", "아이솔레이터 반입 기구 세척·멸균", EVEN, product="HB-Derm", batch="HW",
        visits=(Visit(MON, "15:00", "17:00", "D-02", "세척·멸균", ("operator3",)),),
    ),
)  # fmt: skip

MARU: tuple[Series, ...] = (
    Series(
        "maru-graft", "MAR", "MR-Chondro 4주 배양", "자가 연골 이식편 4주 공정 (환자 일정 연동)", range(-4, 8, 4),
        product="MR-Chondro", batch="MR", is_steady=True,
        visits=(
            Visit(MON, "09:00", "15:00", "B-02", "생검·혈청 수령, 효소 처리", _BOTH, ("BSC-02",), "OPEN"),
            Visit(THU, "09:00", "11:00", "B-02", "배지 교환", ("operator",), ("BSC-02",)),
            Visit(7 + MON, "09:00", "11:00", "B-02", "배지 교환", ("operator",), ("BSC-02",)),
            Visit(7 + THU, "09:00", "11:00", "B-02", "배지 교환", ("operator",), ("BSC-02",)),
            Visit(14 + MON, "09:00", "13:00", "B-02", "콜라겐 막 시딩", _BOTH, ("BSC-02",), "OPEN"),
            Visit(21 + MON, "09:00", "10:00", "B-02", "성숙·무균 시료", ("operator",), ("BSC-02",)),
            Visit(21 + FRI, "13:00", "17:00", "B-02", "출하시험·포장", _BOTH, ("BSC-02",), "ASEPTIC_OPEN"),
        ),
        runs=(Run("INC-03", MON, "15:00", 21 + FRI, "13:00", 4),),
    ),
    Series(
        "maru-membrane", "MAR", "콜라겐 막 시딩 연습", "막 두께별 부착률 비교", EVERY, product="MR-Chondro", batch="MM",
        visits=(Visit(WED, "09:00", "12:00", "B-02", "막 시딩 연습", _BOTH, ("BSC-02",)),),
    ),
    Series(
        "maru-wash", "MAR", "이식 기구 멸균", "이식용 기구 세트 세척·멸균", ODD, product="MR-Chondro", batch="MW",
        visits=(Visit(THU, "13:00", "15:00", "D-02", "세척·멸균", ("operator2",)),),
    ),
)  # fmt: skip

DARIUM: tuple[Series, ...] = (
    Series(
        "darium-scaffold", "DRM", "DR-Osteo 지지체 파종", "세라믹 지지체 파종 밀도 시험", EVEN, product="DR-Osteo",
        batch="DR",
        visits=(Visit(FRI, "09:00", "14:00", "B-03", "지지체 파종", _BOTH, ("ISO-01",), "OPEN"),),
    ),
    Series(
        "darium-cells", "DRM", "DR-Osteo 세포 증식", "복합제제용 줄기세포 증식", ODD, product="DR-Osteo", batch="DC",
        visits=(Visit(FRI, "09:00", "15:00", "B-01", "계대 배양", _BOTH, ("BSC-01",), "OPEN"),),
        runs=(Run("INC-02", FRI, "15:30", 14 + FRI, "08:00", 2),),
    ),
    Series(
        "darium-store", "DRM", "세포은행 임시 보관", "이전 작업 중 바이알 보관", range(-3, 8, 4), kind=Kind.EQUIPMENT,
        product="DR-Osteo", runs=(Run("LN2-01", MON, "09:00", 21 + FRI, "17:00"),),
    ),
)  # fmt: skip

JINGWEI: tuple[Series, ...] = (
    Series(
        "jingwei-nk", "JWX", "JW-NK1 扩增培养", "NK细胞扩增工艺放大试验", EVERY, product="JW-NK1", batch="JW",
        visits=(
            Visit(TUE, "09:00", "14:00", "B-02", "复苏与接种", _BOTH, ("BSC-02",), "OPEN"),
            Visit(FRI, "09:00", "11:00", "B-02", "换液与计数", ("operator",), ("BSC-02",)),
        ),
        runs=(Run("INC-03", TUE, "14:30", FRI, "09:00"),),
    ),
    Series(
        "jingwei-activation", "JWX", "JW-NK1 活化", "细胞因子活化条件比较", EVERY, product="JW-NK1", batch="JA",
        visits=(Visit(WED, "13:00", "17:00", "V-01", "细胞因子活化", _BOTH),),
        runs=(Run("INC-04", WED, "17:30", 7 + WED, "10:00"),),
    ),
    Series(
        "jingwei-freeze", "JWX", "JW-NK1 冻存", "冻存批次与复苏活率对照", ODD, product="JW-NK1", batch="JF",
        visits=(Visit(FRI, "13:00", "16:00", "D-01", "程序降温冻存", ("operator2",)),),
        runs=(Run("CRF-01", FRI, "13:00", FRI, "16:00"),),
    ),
)  # fmt: skip

ORPHEN: tuple[Series, ...] = (
    Series(
        "orphen-ev", "OPN", "OP-EV2 purification", "Process transfer: TFF and SEC at 10 L scale", EVERY,
        product="OP-EV2", batch="OP",
        visits=(
            Visit(MON, "10:00", "16:00", "C-01", "TFF concentration", _BOTH, ("TFF-01", "BSC-04")),
            Visit(FRI, "09:00", "14:00", "C-01", "SEC polishing", _BOTH, ("CHR-01",)),
        ),
    ),
    Series(
        "orphen-store", "OPN", "Reference material storage", "Retained samples of the transfer runs", range(-4, 8, 3),
        kind=Kind.EQUIPMENT, product="OP-EV2", runs=(Run("LN2-01", TUE, "10:00", 21 + MON, "10:00"),),
    ),
)  # fmt: skip

CENTRE: tuple[Series, ...] = (
    Series(
        "demo-isolator", "HBT", "아이솔레이터 작업 시연", "모의 조직으로 보는 무균 작업 시연", range(-4, 8, 4),
        kind=Kind.TECH_DEMO, entered_by_staff=True,
        visits=(Visit(TUE, "14:00", "17:00", "T-01", "아이솔레이터 시연", ("approver",), guests=7),),
    ),
    Series(
        "demo-tff", "SAE", "엑소좀 정제 장비 시연", "TFF·SEC 장비 운전 시연 (모의 시료)", range(-3, 8, 4),
        kind=Kind.TECH_DEMO, entered_by_staff=True,
        visits=(Visit(TUE, "14:00", "17:00", "T-01", "TFF 운전 시연", ("approver",), guests=6),),
    ),
    Series(
        "demo-closed", "NRU", "폐쇄형 세포처리 시연", "병원 의료진 대상 공정 시연 (물 배지)", range(-2, 8, 4),
        kind=Kind.TECH_DEMO, entered_by_staff=True,
        visits=(Visit(TUE, "14:00", "17:00", "T-01", "폐쇄형 장비 시연", ("approver",), guests=8),),
    ),
    Series(
        "demo-fill", "OPN", "Closed filling demonstration", "Aseptic filling with mock material for partners",
        range(-1, 8, 4), kind=Kind.TECH_DEMO,
        visits=(Visit(TUE, "14:00", "17:00", "T-01", "Closed filling", ("approver",), guests=5),),
    ),
    Series(
        "demo-evening", "GAO", "줄기세포 공정 설명회", "지역 병원 대상 저녁 설명회와 영상 시연", range(-3, 8, 3),
        kind=Kind.TECH_DEMO, entered_by_staff=True,
        visits=(Visit(THU, "18:00", "20:30", "T-02", "설명회", ("approver",), guests=18),),
    ),
    Series(
        "demo-review", "MAR", "연골 이식편 적용 사례 발표", "의료진 대상 사례 발표와 토의", range(-4, 8, 3),
        kind=Kind.TECH_DEMO,
        visits=(Visit(WED, "15:00", "17:00", "T-02", "사례 발표", ("approver",), guests=11),),
    ),
)  # fmt: skip

_COURSE = tuple(
    visit
    for week in range(3)
    for visit in (
        Visit(7 * week + TUE, "09:00", "12:00", "T-02", "강의", (), guests=16, margin_min=0),
        Visit(7 * week + WED, "09:00", "12:00", "T-01", "실습 1조", (), guests=8),
        Visit(7 * week + WED, "13:00", "16:00", "T-01", "실습 2조", (), guests=8),
        Visit(7 * week + THU, "09:00", "12:00", "T-02", "강의", (), guests=16, margin_min=0),
    )
)

OTHER_KINDS: tuple[Series, ...] = (
    Series(
        "centre-course", FACILITY, "첨단재생의료 제조 실무 3주 과정", "강의와 2개 조 실습으로 이루어진 공개 교육",
        range(-2, 8, 5), kind=Kind.EDUCATION, is_steady=True, entered_by_staff=True, seats=16, is_public=True,
        visits=_COURSE,
    ),
    Series(
        "centre-tour", FACILITY, "지역 대학 견학", "견학 통로에서 보는 공용 GMP 시설", range(-3, 8, 3), kind=Kind.TOUR,
        entered_by_staff=True, seats=18, is_public=True,
        visits=(Visit(WED, "10:00", "11:30", "VC-01", "견학", (), guests=18, margin_min=0),),
    ),
    Series(
        "saebyeok-review", "SAE", "SE-01 심의 지원 상담", "심의 신청 자료 검토", EVEN, kind=Kind.REVIEW,
        visits=(Visit(MON, "10:00", "11:30", "T-02", "상담", (), guests=4, margin_min=0),),
    ),
    Series(
        "orphen-review", "OPN", "Review consult for OP-EV2", "Which papers the committee asks for", ODD,
        kind=Kind.REVIEW, visits=(Visit(FRI, "10:00", "11:00", "T-02", "Consult", (), guests=3, margin_min=0),),
    ),
    Series(
        "gaon-qc", "GAO", "GS-M1 무균 시료 검사", "중간 시료의 신속 무균 검사", EVEN, kind=Kind.QC, product="GS-M1",
        batch="GS", visits=(Visit(TUE, "15:00", "16:30", "L-01", "시료 접종", ("operator3",)),),
    ),
    Series(
        "hanbit-aps", "HBT", "배지 충전 시험", "아이솔레이터 라인의 반기 무균 공정 모의시험", range(-3, 8, 4),
        kind=Kind.APS,
        visits=(Visit(FRI, "09:00", "13:00", "B-03", "배지 충전", _BOTH, ("ISO-01",), "ASEPTIC_OPEN"),),
    ),
    Series(
        "gaon-clinical", "GAO", "GS-M1 임상용 충전", "임상시험용 배치의 충전과 포장", range(0, 8, 4), is_steady=True,
        product="GS-M1", batch="GC", run_type=RunType.CLIN,
        visits=(Visit(FRI, "13:00", "16:00", "B-01", "충전·포장", _BOTH, ("BSC-01",), "ASEPTIC_OPEN"),),
    ),
)  # fmt: skip

ODD_HOURS: tuple[Series, ...] = (
    Series(
        "maru-weekend", "MAR", "이식 일정 연동 주말 포장", "수술이 월요일로 잡혀 토요일에 포장", range(1, 2),
        is_steady=True,
        product="MR-Chondro", batch="MP", visits=(Visit(SAT, "10:00", "12:00", "B-02", "포장·인계", _BOTH,
        ("BSC-02",)),),
    ),
    Series(
        "orphen-evening", "OPN", "OP-EV2 overnight hold study", "Evening start so that the hold ends in office hours",
        range(2, 3), is_steady=True, product="OP-EV2", batch="OH",
        visits=(Visit(THU, "17:00", "20:30", "C-01", "Hold study start", _BOTH, ("TFF-01",)),),
    ),
)  # fmt: skip

PROGRAMME: tuple[Series, ...] = (
    *GAON, *NURIESEL, *SAEBYEOK, *HANBIT, *MARU, *DARIUM, *JINGWEI, *ORPHEN, *CENTRE, *OTHER_KINDS, *ODD_HOURS,
)  # fmt: skip

HOLIDAY_VISIT = Visit(0, "10:00", "12:00", "B-02", "환자 일정에 따른 휴일 시료 채취", ("operator",), ("BSC-02",))
"""What the cartilage run cannot put off when a holiday falls into it; its day is the holiday's."""
