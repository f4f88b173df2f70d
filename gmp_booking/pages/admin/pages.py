"""The blueprint of the administration; importing this module registers all its pages."""

from gmp_booking.pages.admin import companies, data_checks, index, people, policies, resources
from gmp_booking.pages.admin.form_actions import admin

__all__ = ["admin", "companies", "data_checks", "index", "people", "policies", "resources"]
