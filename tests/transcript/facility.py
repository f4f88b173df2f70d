"""What the journey finds: rooms, equipment, companies and people, entered through the pages of the administration."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.transcript.people import PASSWORD, Person, Program, World

ADMIN = "admin@brc.example"
FACILITY = "-"
STAFF = {
    "scheduler": "SCHEDULER",
    "production": "PRODUCTION_MANAGER",
    "qa": "QA",
    "demo": "DEMO_MANAGER",
    "engineer": "ENGINEER",
    "manager": "FACILITY_MANAGER",
    "auditor": "AUDITOR",
}
COMPANIES = {
    "GAO": ("gaon.example", "123-45-67891", "GS-M1", "MSC"),
    "SAE": ("saebyeok.example", "234-56-78904", "SE-01", "EXO"),
}
MEMBERS = {
    "requester": "COMPANY_REQUESTER",
    "approver": "COMPANY_APPROVER",
    "operator": "OPERATOR",
    "second": "OPERATOR",
}
LANGUAGES = {"approver@gaon.example": "ko", "second@gaon.example": "zh_Hans", "requester@saebyeok.example": "ko"}
"""Whoever is not named here reads English."""
_ROOMS = (
    # code, grade, class, area, people, seats
    ("B-01", "B", "GMP", 24, 4, ""),
    ("B-02", "B", "GMP", 24, 4, ""),
    ("C-01", "C", "SERVICE", 26, 4, ""),
    ("T-01", "-", "DEMO", 40, 10, "8"),
    ("VC-01", "-", "SEATED", 60, 20, "20"),
)
_EQUIPMENT = (
    # code, kind, home, use, places
    ("BSC-01", "BSC", "B-01", "ATTENDED", 1),
    ("INC-01", "INCUBATOR", "B-01", "RUNS_ALONE", 4),
    ("TFF-01", "TFF", "C-01", "ATTENDED", 1),
)
WHY = "As agreed in the meeting"


REQUESTER, APPROVER, OPERATOR, SECOND = (f"{name}@gaon.example" for name in MEMBERS)
COMPETITOR = "requester@saebyeok.example"
SCHEDULER, PRODUCTION, QA, DEMO, ENGINEER, MANAGER, AUDITOR = (f"{name}@brc.example" for name in STAFF)


@dataclass
class Cast:
    """Everybody who takes part, by address; whoever is asked for has a browser and a token."""

    world: World
    _people: dict[str, Person] = field(default_factory=dict)
    _programs: dict[str, Program] = field(default_factory=dict)

    def person(self, email: str) -> Person:
        if email not in self._people:
            self._people[email] = Person(self.world, email, language=_language_of(email).replace("_", "-"))
        return self._people[email]

    def program(self, email: str) -> Program:
        if email not in self._programs:
            token = self.world.installation.call("token", "create", "--user", email, "--name", "transcript").strip()
            self._programs[email] = Program(self.world, email, token)
        return self._programs[email]

    def sign_in_again(self, *emails: str) -> None:
        """As on the morning of a new day."""
        for email in emails:
            self.person(email).sign_in()


def _language_of(email: str) -> str:
    return LANGUAGES.get(email, "en")


def begin(cast: Cast) -> None:
    """An empty facility gets its name, its first administrator, and then everything else from them."""
    path, nobody = cast.world.installation.first_link(), Person(cast.world)
    names = {"code": "BRC", "name_ko": "빛고을 센터", "name_en": "Bitgoeul Centre", "name_zh": "光州中心"}
    first = names | {"name": "Do Ha-yeong", "email": ADMIN, "language": "en", "password": PASSWORD, "again": PASSWORD}
    nobody.submit(path, "", **first | {"email": "nobody", "again": "another"})
    nobody.submit(path, "", **first)
    nobody.get(path)
    cast.world.installation.restart()
    admin = cast.person(ADMIN)
    admin.sign_in()
    admin.get("/")
    _add_resources(admin)
    _add_companies(admin)
    _add_people(cast, admin)


def _add_resources(admin: Person) -> None:
    page = "/admin/resources"
    zone = {"what": "zone"}
    admin.submit(page, page, zone, code="Z1", ahu="AHU-1", reason=WHY)
    admin.submit(page, page, zone, code="Z2", ahu="AHU-2", single_pass="yes", reason=WHY)
    for code, grade, room_class, area, people, seats in _ROOMS:
        add_room(admin, code, grade=grade, room_class=room_class, area_m2=area, seats=seats, max_occupancy=people)
    for code, kind, home, use, places in _EQUIPMENT:
        admin.submit(
            page, page, {"what": "equipment"}, code=code, equipment_kind=kind, home_room=home, room_use=use,
            places=places, reason=WHY, name_ko=f"{code} 장비", name_en=f"Device {code}", name_zh=f"{code}设备",
        )  # fmt: skip


def add_room(admin: Person, code: str, **facts: object) -> None:
    names = {"name_ko": f"{code} 실", "name_en": f"Room {code}", "name_zh": f"{code}室"}
    page = "/admin/resources"
    admin.submit(page, page, {"what": "room"}, code=code, recovery_min=20, reason=WHY, **names, **facts)


def _add_companies(admin: Person) -> None:
    page = "/admin/companies"
    for code, (domain, registration, product, modality) in COMPANIES.items():
        names = {"name_ko": f"{code} 회사", "name_en": domain.partition(".")[0].title(), "name_zh": f"{code}公司"}
        admin.submit(page, page, code=code, country="KR", registration_no=registration, **names)
        one = f"{page}/{code}"
        admin.submit(one, f"{one}/products", code=product, name=f"Product {product}", modality=modality)


def _add_people(cast: Cast, admin: Person) -> None:
    everybody = [(name, "brc.example", FACILITY, role) for name, role in STAFF.items()]
    for code, (domain, *_product) in COMPANIES.items():
        everybody += [(name, domain, code, role) for name, role in MEMBERS.items()]
    for name, domain, company, role in everybody:
        email = f"{name}@{domain}"
        admin.submit(
            "/admin/people", "/admin/people", name=f"{name.title()} of {domain}", email=email, company=company,
            roles=role, language=_language_of(email), phone="",
        )  # fmt: skip
        invited, path = cast.person(email), cast.world.link_to(email, r"/welcome/\S+")
        invited.submit(path, "", password=PASSWORD, again=PASSWORD)
        invited.sign_in()
