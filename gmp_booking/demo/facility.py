"""The demo facility: rooms, air zones, equipment, hours, holidays and people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time

from gmp_booking.accounts.service import create_account
from gmp_booking.companies.service import create_company
from gmp_booking.demo.people import COMPANIES, COMPANY_ROLES, STAFF, STAFF_DOMAIN, DemoCompany
from gmp_booking.demo.programme import FACILITY
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.people.service import create_person
from gmp_booking.policies.service import name_facility, seed_holidays, set_hours
from gmp_booking.products.service import ProductFacts, add_product
from gmp_booking.resources.service import Names, NewEquipment, NewRoom, add_equipment, add_room, add_zone

WORKING_DAYS = range(5)
OPENS, CLOSES, CLOSES_LATE = time(8), time(20), time(21)

_ZONES = (
    # zone, air handling unit, single pass
    ("Z1", "AHU-1", False),
    ("Z2", "AHU-2", True),
    ("Z3", "AHU-3", False),
)
_MATRIX, _L1, _NONE = "MATRIX", "L1_BETWEEN_PRODUCTS", "NONE"
_ROOMS = (
    # code, ko, en, zh, grade, class, m², people, gmp, changeover, zone, biosafety, vhp group, modalities
    ("B-01", "세포처리실 1", "Cell processing 1", "细胞处理室1", "B", "GMP", 24, 4, True, _MATRIX, "Z1", 2, "B12",
     ("CMB", "CRT", "MSC", "SKIN")),
    ("B-02", "세포처리실 2", "Cell processing 2", "细胞处理室2", "B", "GMP", 24, 4, True, _MATRIX, "Z1", 2, "B12",
     ("CRT", "EXO", "IMM", "MSC", "SKIN")),
    ("B-03", "조직공학실", "Tissue engineering", "组织工程室", "B", "GMP", 30, 5, True, _MATRIX, "Z1", 1, "B3",
     ("CMB", "SKIN")),
    ("V-01", "유전자변형 세포실", "Gene-modified cell suite", "基因修饰细胞室", "C", "GMP", 28, 4, True, _MATRIX,
     "Z2", 2,
     "V12", ("CART", "IMM")),
    ("V-02", "벡터 취급실", "Vector handling and thaw", "载体处理室", "B", "GMP", 14, 2, True, _MATRIX, "Z2", 2, "V12",
     ("CART",)),
    ("C-01", "엑소좀 정제실", "Exosome purification", "外泌体纯化室", "C", "GMP", 26, 4, True, _MATRIX, "Z3", 1, None,
     ("EXO",)),
    ("C-02", "배지 조제실", "Media and buffer preparation", "培养基配制室", "C", "SERVICE", 16, 3, True, _L1, "Z3", 1,
     None, ()),
    ("D-01", "동결보존실", "Cryopreservation", "冷冻保存室", "D", "SERVICE", 18, 3, True, _L1, "Z3", 2, None, ()),
    ("D-02", "세척·멸균실", "Washing and sterilisation", "清洗灭菌室", "D", "SERVICE", 15, 3, True, _L1, "Z3", 2,
     None, ()),
    ("L-01", "미생물시험실", "QC microbiology", "微生物检验室", "D", "SERVICE", 32, 5, True, _L1, "Z3", 2, None, ()),
    ("T-01", "실증 교육 클린룸", "Demonstration cleanroom", "示范洁净室", "mock C", "DEMO", 40, 10, False, _NONE,
     "Z3", 1,
     None, ()),
    ("T-02", "교육·심의 지원실", "Education and review room", "培训评审室", "-", "SEATED", 70, 24, False, _NONE, None,
     None,
     None, ()),
    ("VC-01", "견학 통로", "Viewing corridor", "参观走廊", "-", "SEATED", 60, 20, False, _NONE, None, None, None, ()),
    ("OR-1", "병원 수술실 1 (정보용)", "Hospital operating room 1 (information)", "医院手术室1（仅供参考）", "-",
     "SEATED", 45,
     8, False, _NONE, None, None, None, ()),
)  # fmt: skip
_CLEAN = ("APS", "ENG", "GMP")
_ACTIVITIES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("B-01", "B-02", "B-03", "V-01", "V-02", "C-01"), _CLEAN),
    # No step of a clinical batch is done where media are prepared and parts are washed.
    **dict.fromkeys(("C-02", "D-02"), ("ENG",)),
    **dict.fromkeys(("D-01", "L-01"), ("ENG", "GMP")),
    "T-01": ("ENG", "TOUR_VIEW", "TRAINING"),
    "T-02": ("TOUR_VIEW", "TRAINING"),
    "VC-01": ("TOUR_VIEW",),
    "OR-1": ("TOUR_VIEW",),
}
_SHARED = frozenset({"T-02", "VC-01"})
_PRESSURE_MODES: Mapping[str, str] = {
    **dict.fromkeys(("B-01", "B-02", "B-03", "C-01", "C-02", "D-01", "D-02", "L-01", "T-01"), "POSITIVE"),
    "V-01": "SINK",
    "V-02": "NEGATIVE",
}
ROOM_CLASSES = {room[0]: str(room[5]) for room in _ROOMS}
_NAMES = {
    "name_ko": "빛고을 첨단재생의료 공용 GMP·실증센터",
    "name_en": "Bitgoeul Regenerative Medicine Shared GMP & Demonstration Centre",
    "name_zh": "光州再生医疗共享GMP与示范中心",
}
REGISTRATION_NO = "000-82-00011"
_SEATS = {"T-01": 8, "T-02": 20, "VC-01": 20}
_EQUIPMENT = (
    # code, ko, en, zh, kind, home, use, places
    ("BSC-01", "생물안전작업대 1", "Biosafety cabinet 1", "生物安全柜1", "BSC", "B-01", "ATTENDED", 1),
    ("BSC-02", "생물안전작업대 2", "Biosafety cabinet 2", "生物安全柜2", "BSC", "B-02", "ATTENDED", 1),
    ("BSC-03", "생물안전작업대 3", "Biosafety cabinet 3", "生物安全柜3", "BSC", "V-02", "ATTENDED", 1),
    ("BSC-04", "생물안전작업대 4", "Biosafety cabinet 4", "生物安全柜4", "BSC", "C-01", "ATTENDED", 1),
    ("ISO-01", "아이솔레이터", "Isolator", "隔离器", "ISOLATOR", "B-03", "ATTENDED", 1),
    ("ACP-01", "자동 폐쇄형 세포처리기 1", "Automated closed processor 1", "全自动封闭式细胞处理仪1", "ACP", "V-01",
     "RUNS_ALONE", 1),
    ("ACP-02", "자동 폐쇄형 세포처리기 2", "Automated closed processor 2", "全自动封闭式细胞处理仪2", "ACP", "V-01",
     "RUNS_ALONE", 1),
    ("INC-01", "CO2 배양기 1", "CO2 incubator 1", "CO2培养箱1", "INCUBATOR", "B-01", "RUNS_ALONE", 8),
    ("INC-02", "CO2 배양기 2", "CO2 incubator 2", "CO2培养箱2", "INCUBATOR", "B-01", "RUNS_ALONE", 8),
    ("INC-03", "CO2 배양기 3", "CO2 incubator 3", "CO2培养箱3", "INCUBATOR", "B-02", "RUNS_ALONE", 8),
    ("INC-04", "CO2 배양기 4", "CO2 incubator 4", "CO2培养箱4", "INCUBATOR", "V-01", "RUNS_ALONE", 8),
    ("INC-05", "격리 배양기", "Quarantine incubator", "隔离培养箱", "INCUBATOR", "V-02", "RUNS_ALONE", 4),
    ("INC-06", "피부 배양기 1", "Skin incubator 1", "皮肤培养箱1", "INCUBATOR", "B-03", "RUNS_ALONE", 6),
    ("INC-07", "피부 배양기 2", "Skin incubator 2", "皮肤培养箱2", "INCUBATOR", "B-03", "RUNS_ALONE", 6),
    ("HFB-01", "중공사 생물반응기", "Hollow-fibre bioreactor", "中空纤维生物反应器", "BIOREACTOR", "B-02",
     "RUNS_ALONE", 1),
    ("TFF-01", "접선유동여과 장치", "Tangential-flow skid", "切向流过滤系统", "TFF", "C-01", "ATTENDED", 1),
    ("CHR-01", "크로마토그래피", "Chromatography", "层析系统", "CHROMATOGRAPHY", "C-01", "ATTENDED", 1),
    ("CRF-01", "프로그램 동결기", "Controlled-rate freezer", "程序降温仪", "FREEZER", "D-01", "RUNS_ALONE", 1),
    ("LN2-01", "액체질소 저장고", "Liquid nitrogen store", "液氮储存罐", "STORAGE", "D-01", "RUNS_ALONE", 4),
    ("FCM-01", "유세포분석기", "Flow cytometer", "流式细胞仪", "ANALYSER", "L-01", "FREE", 1),
    ("RMM-01", "신속무균시험기", "Rapid sterility tester", "快速无菌检测仪", "ANALYSER", "L-01", "FREE", 1),
)  # fmt: skip
_OUT_OF_SERVICE = frozenset({"RMM-01"})
_DEDICATED = frozenset({"INCUBATOR", "ACP"})
_QUARANTINE = "INC-05"
_DEDICATED_TO: Mapping[str, str] = {"INC-01": "GAO/GS-M1", "INC-06": "HBT/HB-Derm"}
_LENTIVIRAL = frozenset({"NR-19", "NR-B1"})
_AUTOLOGOUS = frozenset({"GS-A2", "HB-Derm", "MR-Chondro", "NR-19", "NR-B1"})


def seed_facility(uow: Uow, *, years: Iterable[int], password_hash: str) -> None:
    """Seed everything but bookings; all accounts have the same password."""
    name_facility(uow, code=FACILITY, **_NAMES)
    set_hours(uow, WORKING_DAYS, OPENS, closes=CLOSES)
    seed_holidays(uow, years)
    _seed_rooms(uow)
    for mailbox, name, role in STAFF:
        _add_person(
            uow, f"{mailbox}@{STAFF_DOMAIN}", name, (role,), company_id=None, language="ko", hashed=password_hash
        )
    # Tours and courses of the centre are booked for the facility as a company.
    # mypy takes the values of **_NAMES for each parameter that is left, so the boolean one is given, too.
    create_company(uow, code=FACILITY, **_NAMES, registration_no=REGISTRATION_NO, single_signatory=False)
    for guest in COMPANIES:
        _seed_company(uow, guest, password_hash)
    _seed_equipment(uow)


def _seed_rooms(uow: Uow) -> None:
    zones = {zone: add_zone(uow, code=zone, ahu=ahu, single_pass=single_pass) for zone, ahu, single_pass in _ZONES}
    for code, ko, en, zh, grade, room_class, area, people, gmp, changeover, zone, bsl, vhp_group, modalities in _ROOMS:
        resource_id = add_room(
            uow,
            NewRoom(
                code, Names(ko, en, zh), grade, room_class, area, people, gmp, changeover,
                zone_id=zones[zone] if zone else None, bsl_max=bsl, vhp_group=vhp_group, allowed_modalities=modalities,
                seats=_SEATS.get(code), allowed_activities=_ACTIVITIES[code], pressure_mode=_PRESSURE_MODES.get(code),
                shared=code in _SHARED,
            ),
        )  # fmt: skip
        if code == "T-02":
            set_hours(uow, WORKING_DAYS, OPENS, closes=CLOSES_LATE, resource_id=resource_id)


def _seed_equipment(uow: Uow) -> None:
    for code, ko, en, zh, kind, home, use, places in _EQUIPMENT:
        add_equipment(
            uow,
            NewEquipment(
                code, Names(ko, en, zh), kind, home, use, places=places,
                share_policy="DEDICATED_PRODUCT" if kind in _DEDICATED and code != _QUARANTINE else "DEDICATED_BATCH",
                dedicated_product=_DEDICATED_TO.get(code),
                status="OUT_OF_SERVICE" if code in _OUT_OF_SERVICE else "AVAILABLE",
            ),
        )  # fmt: skip


def _seed_company(uow: Uow, guest: DemoCompany, hashed: str) -> None:
    company = create_company(
        uow,
        code=guest.code,
        name_ko=guest.name_ko,
        name_en=guest.name_en,
        name_zh=guest.name_zh,
        registration_no=guest.registration_no,
        country=guest.country,
    )
    for code, name, modality in guest.products:
        add_product(uow, _product(code, name, modality), company_id=company.id, code=code)
    for mailbox, name in guest.people:
        email = f"{mailbox}@{guest.domain}"
        roles = (COMPANY_ROLES.get(mailbox, Role.OPERATOR),)
        _add_person(uow, email, name, roles, company_id=company.id, language=guest.language, hashed=hashed)


def _product(code: str, name: str, modality: str) -> ProductFacts:
    is_lentiviral = code in _LENTIVIRAL
    return ProductFacts(
        name=name,
        modality=modality,
        vector="LV" if is_lentiviral else None,
        lmo_grade=2 if is_lentiviral else None,
        donor_type="AUTOLOGOUS" if code in _AUTOLOGOUS else "ALLOGENEIC",
    )


def _add_person(
    uow: Uow, email: str, name: str, roles: tuple[Role, ...], *, company_id: int | None, language: str, hashed: str
) -> None:
    person = create_person(uow, name=name, email=email, company_id=company_id, language=language, roles=roles)
    create_account(uow, person, hashed)
