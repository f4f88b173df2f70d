"""The administration as one blueprint: importing it hangs every page on it."""

from gmp_booking.desk.admin import companies, index, people, policies, resources
from gmp_booking.desk.admin.acts import admin

__all__ = ["admin", "companies", "index", "people", "policies", "resources"]
