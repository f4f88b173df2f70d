"""Companies, products and people of the demo; all fictitious."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.access import Role
from gmp_booking.kernel.text import N_

PASSWORD = "demo-bitgoeul-2027"  # noqa: S105 - public on purpose


@dataclass(frozen=True)
class DemoCompany:
    """A company with its products (code, name, modality) and people (mailbox, name)."""

    code: str
    name_ko: str
    name_en: str
    name_zh: str
    domain: str
    country: str
    registration_no: str
    language: str
    products: tuple[tuple[str, str, str], ...]
    people: tuple[tuple[str, str], ...]


COMPANIES: tuple[DemoCompany, ...] = (
    DemoCompany(
        "GAO", "가온줄기", "Gaon Stem", "佳温干细胞", "gaon.example", "KR", "000-81-15555", "ko",
        (("GS-M1", "동종 제대유래 중간엽줄기세포", "MSC"), ("GS-A2", "자가 지방유래 중간엽줄기세포", "MSC")),
        (("requester", "김가온"), ("approver", "박서준"), ("operator", "이하늘"), ("operator2", "정유진"),
         ("operator3", "최민호")),
    ),
    DemoCompany(
        "NRU", "(주)누리에셀", "Nuriesel Cell", "努利细胞", "nuriesel.example", "KR", "000-81-11113", "ko",
        (("NR-19", "자가 CAR-T (렌티바이러스)", "CART"), ("NR-B1", "차세대 CAR-T (렌티바이러스)", "CART")),
        (("requester", "박누리"), ("approver", "한도윤"), ("operator", "오세라"), ("operator2", "윤지호"),
         ("operator3", "강예린")),
    ),
    DemoCompany(
        "SAE", "새벽엑소", "Saebyeok Exo", "黎明外泌体", "saebyeok.example", "KR", "000-81-14444", "ko",
        (("SE-01", "제대유래 줄기세포 엑소좀", "EXO"),),
        (("requester", "이새벽"), ("approver", "문태오"), ("operator", "서다인"), ("operator2", "임건우"),
         ("operator3", "배수아")),
    ),
    DemoCompany(
        "HBT", "한빛티슈", "Hanbit Tissue", "韩光组织工程", "hanbit.example", "KR", "000-81-12223", "ko",
        (("HB-Derm", "자가 이중층 피부 이식편", "SKIN"), ("HB-KC", "각질세포 시트", "SKIN")),
        (("requester", "조한빛"), ("approver", "신은재"), ("operator", "유나래"), ("operator2", "홍시우"),
         ("operator3", "노아름")),
    ),
    DemoCompany(
        "MAR", "마루연골", "Maru Cartilage", "玛露软骨", "maru.example", "KR", "000-81-13334", "ko",
        (("MR-Chondro", "자가 연골세포 이식편", "CRT"),),
        (("requester", "고마루"), ("approver", "백승현"), ("operator", "전소율"), ("operator2", "남기훈")),
    ),
    DemoCompany(
        "DRM", "다리움바이오", "Darium Bio", "达瑞姆生物", "darium.example", "KR", "000-81-16665", "ko",
        (("DR-Osteo", "줄기세포·세라믹 지지체 복합제제", "CMB"),),
        (("requester", "심다림"), ("approver", "안재혁"), ("operator", "구민서"), ("operator2", "하진우")),
    ),
    DemoCompany(
        "JWX", "징웨이셀테크", "Jingwei Cell Tech", "晶维细胞科技", "jingwei.example", "CN", "CN-FICT-0007", "zh_Hans",
        (("JW-NK1", "非基因修饰NK细胞", "IMM"),),
        (("requester", "李维"), ("approver", "陈思远"), ("operator", "王晶"), ("operator2", "赵明轩")),
    ),
    DemoCompany(
        "OPN", "오르펜바이오", "Orphen Biologics", "奥芬生物", "orphen.example", "US", "US-FICT-0008", "en",
        (("OP-EV2", "MSC-derived extracellular vesicles", "EXO"),),
        (("requester", "Alex Moreno"), ("approver", "Priya Raman"), ("operator", "Daniel Okafor"),
         ("operator2", "Hannah Lindqvist")),
    ),
)  # fmt: skip

COMPANY_ROLES: dict[str, Role] = {"requester": Role.COMPANY_REQUESTER, "approver": Role.COMPANY_APPROVER}
"""The role by mailbox; other people are operators."""

STAFF_DOMAIN = "brc.example"
STAFF: tuple[tuple[str, str, Role], ...] = (
    ("scheduler", "송미래", Role.SCHEDULER),
    ("production", "장현우", Role.PRODUCTION_MANAGER),
    ("qa", "권수연", Role.QA),
    ("bso", "류정민", Role.BSO),
    ("demo", "양지원", Role.DEMO_MANAGER),
    ("engineer", "차동건", Role.ENGINEER),
    ("committee", "민경희", Role.COMMITTEE),
    ("manager", "우상철", Role.FACILITY_MANAGER),
    ("admin", "도하영", Role.SYSADMIN),
    ("auditor", "천서윤", Role.AUDITOR),
)

SIGN_IN_EXAMPLES: tuple[tuple[str, str, str], ...] = (
    ("가온줄기", N_("Requester"), "requester@gaon.example"),
    ("새벽엑소", N_("Requester"), "requester@saebyeok.example"),
    ("Orphen", N_("Requester"), "requester@orphen.example"),
    ("晶维细胞", N_("Requester"), "requester@jingwei.example"),
    ("BRC", N_("Scheduling"), "scheduler@brc.example"),
    ("BRC", N_("Quality assurance"), "qa@brc.example"),
    ("BRC", N_("Demonstration centre"), "demo@brc.example"),
    ("BRC", N_("Auditor"), "auditor@brc.example"),
)
"""The example users on the sign-in page: organisation, role, address."""
