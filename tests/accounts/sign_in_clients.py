"""The application with a few views to look through, and a browser for it."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask, g, request
from flask.testing import FlaskClient

from config import Config
from gmp_booking.accounts import sessions
from gmp_booking.app import create_app
from gmp_booking.infra.database.uow import Database

PASSWORD = "한글비밀번호 2027 correct horse"
CHEAP = "t=1,m=1024,p=1"


def make_app(database: Database, data_dir: Path, **settings: str) -> Flask:
    """The application on this database, with windows that show who is asking."""
    url = database.engine.url.render_as_string(hide_password=False)
    owner_url = database.engine.url.set(username="gmp_owner").render_as_string(hide_password=False)
    environment = {
        "GMP_DATA_DIR": str(data_dir),
        "GMP_AUTH_ARGON2": CHEAP,
        "GMP_DATABASE_URL": url,
        "GMP_OWNER_DATABASE_URL": owner_url,
        "GMP_TESTING": "1",
        "GMP_DEFAULT_LANGUAGE": "en",
        "GMP_THREADS": "2",
        **settings,
    }
    app = create_app(Config.from_env(environment))
    services = app.extensions["gmp"]
    services.database.dispose()
    object.__setattr__(services, "database", database)
    app.config["TESTING"] = True
    _add_windows(app)
    return app


def _add_windows(app: Flask) -> None:
    @app.get("/window")
    @sessions.signed_in
    def window() -> str:
        return sessions.csrf_token()

    @app.get("/me")
    @sessions.signed_in
    def me() -> dict:
        return {"email": g.actor.email, "roles": sorted(g.actor.roles), "language": g.language}

    @app.route("/echo", methods=["POST", "PUT", "PATCH", "DELETE"])
    def echo() -> dict:
        return {"said": request.form.get("said")}

    @app.get("/api/v1/me")
    def api_me() -> dict:
        return {"email": sessions.require_actor().email}


class Browser:
    """A browser: keeps cookies, fills in the hidden field."""

    def __init__(self, app: Flask, base_url: str = "http://localhost", address: str = "203.0.113.7") -> None:
        self.client: FlaskClient = app.test_client()
        self.base_url = base_url
        self.address = address
        self.token = ""

    def get(self, path: str, **more):
        return self.client.get(path, base_url=self.base_url, environ_base={"REMOTE_ADDR": self.address}, **more)

    def post(self, path: str, data: dict | None = None, **more):
        return self.client.post(
            path, data=data, base_url=self.base_url, environ_base={"REMOTE_ADDR": self.address}, **more
        )

    def open_sign_in(self) -> str:
        page = self.get("/login")
        if page.status_code == 200:
            self.token = re.search(r'name="csrf_token" value="([^"]*)"', page.text).group(1)
        return self.token

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str):
        token = self.open_sign_in()
        answer = self.post("/login", {"csrf_token": token, "email": email, "password": password, **fields})
        if answer.status_code == 303:
            self.token = self.get("/window").text
        return answer

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name, domain="localhost")
        return found.value if found else None

    def plant(self, name: str, value: str) -> None:
        self.client.set_cookie(name, value, domain="localhost")
