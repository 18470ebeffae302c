"""The database: its schema, exact money, zoned times, and what happens when it refuses."""

from __future__ import annotations

import contextlib
import lzma
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lotus.cli import app
from lotus.db import Database, records, schema, tables
from lotus.db import connections as connecting
from lotus.db.faults import explain_fault
from lotus.errors import DatabaseError, InvalidInput, SettingsError
from tests import servers
from tests.driving import inside

DATA = Path(__file__).parents[1] / "data"
PASSWORD = "hunter2"
money = st.decimals(min_value=-999_999, max_value=999_999_999, places=6)


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/lotus.db")
    made.migrate()
    yield made
    made.close()


def _job(connection: sa.Connection, **values: Any) -> str:
    facts = {
        "kind": "ad",
        "prompt": "p",
        "provider": "animatic",
        "planner": "template",
        "brief": {},
    }
    return records.create_job(connection, **{**facts, **values})


def _cost(connection: sa.Connection, job_id: str, amount: Decimal, kind: str = "settled") -> None:
    facts = {"job_id": job_id, "scene": 0, "kind": kind, "provider": "p", "model": "m"}
    records.add_costs(connection, [{**facts, "amount_usd": amount}])


def test_the_newest_migration_is_the_revision_that_lotus_needs(db: Database) -> None:
    script = ScriptDirectory.from_config(db.alembic())
    assert script.get_heads() == [tables.REVISION]


def test_the_migrations_make_just_the_tables_of_the_models(db: Database) -> None:
    with db.begin() as connection:
        command.check(db.alembic(connection))


def _plain(constraint: Mapping[str, Any]) -> str:
    """Its text without casts and brackets, which a dump and its return write differently."""
    return re.sub(r"::[a-z ]+(\[\])?|[()]", "", str(dict(constraint)))


def _described(connection: sa.Connection) -> dict[str, Any]:
    """All that a database says of its tables, whatever the order of their columns."""
    inspector = sa.inspect(connection)
    names = [name for name in inspector.get_table_names() if name != "alembic_version"]
    columns = {
        name: {
            c["name"]: (str(c["type"]), c["nullable"], c["default"])
            for c in inspector.get_columns(name)
        }
        for name in names
    }
    kinds = (
        inspector.get_foreign_keys,
        inspector.get_check_constraints,
        inspector.get_unique_constraints,
    )
    constraints = {name: [sorted(map(_plain, kind(name))) for kind in kinds] for name in names}
    keys = {name: inspector.get_pk_constraint(name) for name in names}
    indexes = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        if connection.dialect.name == "postgresql"
        else "SELECT name, sql FROM sqlite_master WHERE type != 'table' AND sql IS NOT NULL"
    )
    definitions = {
        name: " ".join(sql.split())
        for name, sql in connection.execute(sa.text(indexes))
        if not name.startswith("alembic")
    }
    return {"columns": columns, "constraints": constraints, "keys": keys, "indexes": definitions}


def _everything(db: Database) -> dict[str, Any]:
    with db.transaction() as connection:
        return _described(connection)


def test_a_new_file_has_at_once_what_the_migrations_make(sqlite: Database, tmp_path: Path) -> None:
    new = Database(f"sqlite:///{tmp_path}/new.db")
    new.ready()
    assert new.status().up_to_date
    assert _everything(new) == _everything(sqlite)
    with new.begin() as connection:
        command.check(new.alembic(connection))
        command.downgrade(new.alembic(connection), "base")


def _restore(url: str) -> None:
    """A database at revision 0010 as ten migrations made it before they became one."""
    db = Database(url)
    packed = DATA / f"revision_0010_{db.dialect}.sql.xz"
    script = lzma.decompress(packed.read_bytes()).decode()
    if db.dialect == "sqlite":
        with contextlib.closing(sqlite3.connect(db.engine.url.database or "")) as file:
            file.executescript(script)
    else:
        with db.transaction() as connection:
            connection.exec_driver_sql(script)
    db.close()


def test_a_database_from_before_the_ten_migrations_became_one_goes_on(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    _restore(url)
    old = Database(url)
    config = old.alembic()
    assert old.status().current == schema.FIRST
    if old.dialect == "sqlite":
        new = Database(f"sqlite:///{tmp_path}/new.db")
        with new.transaction() as connection:
            command.upgrade(new.alembic(connection), schema.FIRST)
            made = _described(connection)
    else:
        with request.getfixturevalue("postgres").made() as other:
            new = Database(servers.psycopg_url(other))
            with new.transaction() as connection:
                command.upgrade(new.alembic(connection), schema.FIRST)
                made = _described(connection)
            new.close()
    assert _everything(old) == made
    assert old.migrate().up_to_date
    old.ready()
    with old.begin() as connection:
        config.attributes["connection"] = connection
        command.check(config)
        job_id = _job(connection)
        _cost(connection, job_id, Decimal("0.25"))
        assert records.costs_of(connection, job_id)["settled"] == Decimal("0.25")
    old.close()


def test_the_migrations_can_be_undone(db: Database) -> None:
    with db.begin() as connection:
        command.downgrade(db.alembic(connection), "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a revision that stands on top of today's, as the next release may bring one."""
    revision = f"{int(tables.REVISION) + 1:04}"
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder)
    (folder / "versions" / f"{revision}_notes.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = {revision!r}, {tables.REVISION!r}\n"
        "def upgrade() -> None:\n"
        "    op.add_column('generation_jobs', sa.Column('note', sa.Text()))\n"
        "def downgrade() -> None:\n"
        "    op.drop_column('generation_jobs', 'note')\n"
    )
    monkeypatch.setattr(schema, "MIGRATIONS", folder)
    monkeypatch.setattr(schema, "REVISION", revision)
    return revision


def test_a_later_revision_comes_and_goes_and_the_jobs_stay(db: Database, later: str) -> None:
    with db.transaction() as connection:
        job_id = _job(connection)
    assert (db.status().current, db.status().head) == (tables.REVISION, later)
    if db.dialect == "postgresql":  # a server is migrated only when told to
        with pytest.raises(DatabaseError, match=f"needs {later}; run `lotus db migrate`"):
            db.ready()
        db.migrate()
    else:
        db.ready()
    assert db.status().current == later
    with db.begin() as connection:
        connection.exec_driver_sql("UPDATE generation_jobs SET note = 'fine'")
    assert db.downgrade().current == tables.REVISION
    with db.transaction() as connection:
        assert "note" not in _described(connection)["columns"]["generation_jobs"]
        assert records.get_job(connection, job_id)["prompt"] == "p"


def test_the_command_undoes_a_later_revision_only_when_told_to(home: Path, later: str) -> None:
    inside("db", "init")
    inside("db", "migrate")
    assert "nothing was changed" in inside("db", "downgrade").out
    assert inside("db", "status", "--json").json["current"] == later
    assert inside("db", "downgrade", "--yes", "--json").json["current"] == tables.REVISION
    assert inside("db", "migrate", "--json").json["up_to_date"]


def test_the_first_revision_is_not_undone_since_the_ledger_would_go_with_it(db: Database) -> None:
    with db.begin() as connection:
        _cost(connection, _job(connection), Decimal(3))
    while db.status().current != schema.FIRST:
        db.downgrade()
    with pytest.raises(DatabaseError, match="the first revision: there is none before it"):
        db.downgrade()
    with db.transaction() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.cost_entries)) == 1
    db.migrate()


def test_a_schema_from_before_the_first_release_is_refused_with_a_remedy(db: Database) -> None:
    with db.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0009'"))
    for use in (db.ready, db.migrate, db.downgrade):
        with pytest.raises(DatabaseError, match=r"0009.*bring it to 0010 with the lotus that made"):
            use()


def test_migrating_twice_changes_nothing(db: Database) -> None:
    assert db.migrate().up_to_date


def test_sqlite_is_migrated_in_passing(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/lotus.db")
    assert db.status().current is None
    db.ready()
    assert db.status().up_to_date


def test_two_processes_may_migrate_at_once(url: str) -> None:
    code = (
        "import sys; from lotus.db import Database; print(Database(sys.argv[1]).migrate().current)"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [child.communicate() for child in children]
    assert [out.strip().decode() for out, _ in said] == [tables.REVISION] * 3, said


def test_a_newer_schema_is_refused_with_a_remedy(db: Database) -> None:
    with db.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (db.ready, db.migrate):
        with pytest.raises(DatabaseError, match=r"9999.*upgrade lotus: pip install -U lotus-video"):
            use()


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(amounts=st.lists(money, min_size=1, max_size=5))
def test_money_comes_back_exactly_and_adds_up_exactly(db: Database, amounts: list[Decimal]) -> None:
    with db.begin() as connection:
        job_id = _job(connection)
        for amount in amounts:
            _cost(connection, job_id, amount)
        c = tables.cost_entries.c
        query = sa.select(c.amount_usd).where(c.job_id == job_id).order_by(c.id)
        assert sorted(connection.scalars(query)) == sorted(amounts)
        assert records.costs_of(connection, job_id)["settled"] == sum(amounts)
        assert records.spent_by_scene(connection, job_id) == {0: sum(amounts)}


def test_ten_cents_ten_times_are_a_dollar(db: Database) -> None:
    with db.begin() as connection:
        job_id = _job(connection)
        for _ in range(10):
            _cost(connection, job_id, Decimal("0.1"))
        assert records.costs_of(connection, job_id)["settled"] == 1


def test_sums_of_kinds_without_an_entry_are_zero(db: Database) -> None:
    with db.begin() as connection:
        costs = records.costs_of(connection, "nobody")
    assert costs == dict.fromkeys(tables.COST_KINDS, Decimal(0))


def test_times_come_back_in_utc_with_their_zone(db: Database) -> None:
    tokyo = datetime(2026, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=9)))
    with db.begin() as connection:
        row = records.get_job(connection, _job(connection, finished_at=tokyo))
    assert row["finished_at"] == tokyo
    assert row["finished_at"].tzinfo == row["created_at"].tzinfo == UTC


def test_the_database_refuses_a_status_that_is_none(db: Database) -> None:
    with db.begin() as connection:
        job_id = _job(connection)
    with pytest.raises(DatabaseError, match="status_known"), db.begin() as connection:
        records.update_job(connection, job_id, status="almost")
    with pytest.raises(DatabaseError, match="kind_known"), db.begin() as connection:
        _cost(connection, job_id, Decimal(1), kind="guessed")


@pytest.mark.parametrize("status", tables.JOB_STATUSES)
def test_every_status_of_a_job_is_taken(db: Database, status: str) -> None:
    with db.begin() as connection:
        job_id = _job(connection)
        records.update_job(connection, job_id, status=status)
        assert [job["id"] for job in records.list_jobs(connection, status=status)] == [job_id]


def test_a_scene_of_no_job_is_refused(db: Database) -> None:
    with pytest.raises(DatabaseError, match=r"(?i)foreign key"), db.begin() as connection:
        records.add_event(connection, "nobody", "stage", {})


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    with contextlib.suppress(KeyError), db.begin() as connection:
        _job(connection)
        raise KeyError
    with db.begin() as connection:
        assert records.list_jobs(connection) == []


def test_ids_sort_by_time_and_are_uuids_of_version_seven() -> None:
    ids = [tables.new_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert [one[:13] for one in ids] == sorted(one[:13] for one in ids)
    assert {one[14] for one in ids} == {"7"}
    assert {one[19] for one in ids} <= set("89ab")


def test_a_job_is_found_by_a_part_of_its_id_if_that_is_enough(db: Database) -> None:
    with db.begin() as connection:
        first = _job(connection)
        _ = _job(connection)
        assert records.get_job(connection, first[-12:])["id"] == first
        for vague in ("", first[:4], "%", "nobody"):
            with pytest.raises(InvalidInput, match="lotus jobs list"):
                records.get_job(connection, vague)


def test_a_locked_database_says_so(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 0)
    other = Database(f"sqlite:///{tmp_path}/lotus.db")
    with (
        sqlite.begin(),
        pytest.raises(DatabaseError, match="locked; another process holds the database"),
        other.begin(),
    ):
        pass
    other.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "lotus.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(
        DatabaseError, match=r"lotus\.db.*not a database; move the damaged file away"
    ):
        Database(f"sqlite:///{tmp_path}/lotus.db").ready()


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError) as raised:
        Database(f"sqlite:///{tmp_path}/file/lotus.db").ready()
    assert raised.value.remedy


UNREACHABLE = [
    f"postgresql://lotus:{PASSWORD}@127.0.0.1:1/lotus",
    f"postgresql://127.0.0.1:1/lotus?user=lotus&password={PASSWORD}",
    f"postgresql://lotus:{PASSWORD}@host:port/lotus",
    f"postgresql:lotus:{PASSWORD}",
]


@pytest.mark.parametrize("url", UNREACHABLE)
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_the_password_is_in_no_output(
    url: str, more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    done = CliRunner().invoke(app(), ["db", "status", *more])
    assert done.exit_code in (1, 2)
    assert PASSWORD not in done.output
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_password_is_in_no_error() -> None:
    db = Database(f"postgresql+psycopg://lotus:{PASSWORD}@127.0.0.1:1/lotus")
    said = db._translate(OSError(f"cannot log in with {PASSWORD}"))
    assert PASSWORD not in f"{said} {said.facts} {db.shown_url}"


def test_an_address_that_cannot_be_read_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: is not an address; write "):
        Database("postgresql+psycopg://host:port/lotus")


def test_status_of_a_fresh_home_says_what_to_do(home: Path) -> None:
    done = CliRunner().invoke(app(), ["db", "status"])
    assert done.exit_code == 0
    assert "the first job makes it, or `lotus db init`" in done.output
    assert not home.exists()
    done = CliRunner().invoke(app(), ["db", "migrate"])
    assert "up to date" in done.output


def test_whoever_opens_a_new_database_beside_others_waits_for_them(tmp_path: Path) -> None:
    def opened(path: Path) -> str:
        connection = sqlite3.connect(path, check_same_thread=False)
        try:
            connecting._prepare_sqlite(connection, None)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
        finally:
            connection.close()

    paths = [tmp_path / f"{number}.db" for number in range(20) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(opened, paths)) == {"wal"}


@pytest.mark.parametrize(
    "message",
    ["no such table: judgements", 'relation "judgements" does not exist', "no such column: score"],
)
def test_tables_of_another_version_name_the_command_that_brings_them_up(message: str) -> None:
    assert (
        "lotus db migrate" in explain_fault(sa.exc.OperationalError("", {}, Exception(message)))[1]
    )
