"""The blueprint of the booking page; every part of the page adds its routes to it."""

from __future__ import annotations

from flask import Blueprint

booking_page = Blueprint("booking_page", __name__, url_prefix="/bookings")
