"""What each role is called."""

from collections.abc import Mapping
from typing import Final

from gmp_booking.kernel.access import Role
from gmp_booking.kernel.text import N_

ROLE_NAMES: Final[Mapping[str, str]] = {
    Role.COMPANY_REQUESTER: N_("Requester"),
    Role.COMPANY_APPROVER: N_("Authorised signatory"),
    Role.OPERATOR: N_("Operator"),
    Role.SCHEDULER: N_("Scheduling"),
    Role.PRODUCTION_MANAGER: N_("Production"),
    Role.QA: N_("Quality assurance"),
    Role.BSO: N_("Biosafety"),
    Role.ENGINEER: N_("Engineering"),
    Role.QC: N_("Quality control"),
    Role.DEMO_MANAGER: N_("Demonstration centre"),
    Role.CLINICAL_LIAISON: N_("Clinical liaison"),
    Role.COMMITTEE: N_("Operating committee"),
    Role.SYSADMIN: N_("System administrator"),
    Role.FACILITY_MANAGER: N_("Facility manager"),
    Role.AUDITOR: N_("Auditor"),
}
