"""The web application for a WSGI server: `gunicorn wsgi:app`."""

import os

from config import Config
from gmp_booking.app import create_app

app = create_app(Config.from_env(os.environ))
