"""The settings say everything that is wrong with them at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from config import Config, ConfigError
from tests.zones import BERLIN


def errors_of(environment):
    with pytest.raises(ConfigError) as caught:
        Config.from_env(environment)
    return caught.value.errors


def test_the_defaults_serve_a_demo_on_this_machine_only(tmp_path):
    config = Config.from_env({"GMP_DATA_DIR": str(tmp_path)})
    assert (config.host, config.port, config.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (config.database_url, config.demo, config.testing) == ("", False, False)
    assert config.default_language == "ko"


def test_all_mistakes_are_named_at_once_and_nothing_is_written(tmp_path):
    data_dir = tmp_path / "data"
    errors = errors_of(
        {
            "GMP_DATA_DIR": str(data_dir),
            "GMP_PORT": "70000",
            "GMP_SMTP_STARTTLS": "perhaps",
            "GMP_DEFAULT_LANGUAGE": "fr",
            "GMP_TIME_ZONE": "Europe/Bonn",
            "GMP_AUTH_ARGON2": "strong",
            "GMP_DATABASE_URL": "mysql://localhost/x",
            "GMP_MAIL_FROM": "nobody",
            "GMP_BASE_URL": "booking.example.org",
            "GMP_AUTH_PEPPER": "short",
            "GMP_AUTH_FERNET_KEYS": "a,b",
        }
    )
    assert [error.split()[0] for error in errors] == [
        "GMP_DATABASE_URL", "GMP_PORT", "GMP_BASE_URL", "GMP_SMTP_STARTTLS", "GMP_MAIL_FROM",
        "GMP_AUTH_PEPPER", "GMP_AUTH_FERNET_KEYS", "GMP_AUTH_ARGON2", "GMP_DEFAULT_LANGUAGE",
        "GMP_TIME_ZONE",
    ]  # fmt: skip
    assert not data_dir.exists()


@pytest.mark.parametrize("name", ["Bonn", "Europe", "../etc/passwd", "/etc/localtime", "europe\0", "UTC+9"])
def test_a_time_zone_that_nobody_keeps_is_refused(name):
    (error,) = errors_of({"GMP_TIME_ZONE": name})
    assert error.startswith("GMP_TIME_ZONE must be a name of the time zone database")


def test_the_time_zone_reaches_the_processes_of_the_installation(tmp_path):
    given = {"GMP_DATA_DIR": str(tmp_path), "GMP_TIME_ZONE": BERLIN.key}
    assert Config.from_env(Config.from_env(given).as_env()).time_zone == BERLIN


def test_a_misspelt_setting_is_refused_and_the_right_one_offered():
    assert errors_of({"GMP_DATABSE_URL": "x"}) == ["GMP_DATABSE_URL is not a setting; did you mean GMP_DATABASE_URL?"]


def test_other_programs_variables_are_none_of_our_business(tmp_path):
    Config.from_env({"GMP_DATA_DIR": str(tmp_path), "PORT": "nonsense", "PATH": "/bin"})


def test_an_empty_value_counts_as_not_given(tmp_path):
    assert Config.from_env({"GMP_DATA_DIR": str(tmp_path), "GMP_PORT": " "}).port == 8000


@pytest.mark.parametrize("given", ["GMP_DATABASE_URL", "GMP_OWNER_DATABASE_URL"])
def test_one_database_url_without_the_other_is_refused(given):
    (error,) = errors_of({given: "postgresql://someone@db.example/gmp"})
    assert "must be given with" in error


def test_web_and_migrations_must_not_share_a_role():
    url = "postgresql://gmp@db.example/gmp"
    assert "two different roles" in errors_of({"GMP_DATABASE_URL": url, "GMP_OWNER_DATABASE_URL": url})[0]


def test_missing_secrets_are_made_once_and_closed_to_others(tmp_path):
    first = Config.from_env({"GMP_DATA_DIR": str(tmp_path / "a")})
    second = Config.from_env({"GMP_DATA_DIR": str(tmp_path / "a")})
    elsewhere = Config.from_env({"GMP_DATA_DIR": str(tmp_path / "b")})
    assert first.auth_pepper == second.auth_pepper != elsewhere.auth_pepper
    assert len(first.auth_pepper) == 32
    assert (tmp_path / "a" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["secrets.json"]


def test_processes_that_start_at_once_agree_on_the_secrets(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        configs = list(pool.map(lambda _: Config.from_env({"GMP_DATA_DIR": str(tmp_path)}), range(64)))
    assert len({config.auth_pepper for config in configs}) == 1


def test_given_secrets_leave_no_file(tmp_path):
    made = Config.from_env({"GMP_DATA_DIR": str(tmp_path / "a")}).as_env()
    Config.from_env(made | {"GMP_DATA_DIR": str(tmp_path / "b")})
    assert not (tmp_path / "b").exists()


def test_damaged_secrets_are_reported_and_kept(tmp_path):
    (tmp_path / "secrets.json").write_text("{")
    assert "damaged" in errors_of({"GMP_DATA_DIR": str(tmp_path)})[0]
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_settings_survive_the_way_to_another_process(tmp_path):
    config = Config.from_env({"GMP_DATA_DIR": str(tmp_path), "GMP_DEMO": "1", "GMP_BASE_URL": "https://gmp.example/"})
    assert Config.from_env(config.as_env()) == config


def test_every_setting_is_described():
    rows = {row.name: row for row in Config.describe()}
    assert rows["GMP_AUTH_IDLE_STAFF_MIN"].unit == "minutes"
    assert rows["GMP_PORT"].default == "8000"
    assert all(row.meaning.endswith(".") for row in rows.values())
    assert json.dumps([row.default for row in rows.values()]).find("==") == -1


def test_no_secret_shows_when_the_settings_are_logged(tmp_path):
    url = "postgresql://app:canary@db.example/gmp"
    config = Config.from_env(
        {
            "GMP_DATA_DIR": str(tmp_path),
            "GMP_DATABASE_URL": url,
            "GMP_OWNER_DATABASE_URL": url.replace("app", "owner"),
            "GMP_SMTP_PASSWORD": "canary",
        }
    )
    assert "canary" not in repr(config)
    assert config.auth_fernet_keys[0] not in repr(config)
    assert str(config.auth_pepper) not in repr(config)
