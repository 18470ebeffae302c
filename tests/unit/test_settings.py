"""Settings: the environment in, a frozen object out; what is wrong is named, what is
secret is not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lotus.errors import SettingsError
from lotus.settings import Settings
from tests.driving import inside

NAMES = [str(field.alias) for field in Settings.model_fields.values()]


def test_without_a_word_everything_is_under_home(home: Path) -> None:
    settings = Settings.read()
    assert settings.home == home
    assert settings.database == f"sqlite:///{home}/lotus.db"
    assert settings.store_url == f"{home}/store"
    assert not home.exists()


def test_home_without_a_setting_is_in_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOTUS_HOME")
    assert Settings.read().home == Path.cwd() / ".lotus"


def test_dotenv_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("DB_POOL_SIZE=3\nLOTUS_MAX_CONCURRENT_CLIPS=7\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("DB_POOL_SIZE", "5")
    settings = Settings.read()
    assert (settings.db_pool_size, settings.max_concurrent_clips) == (5, 7)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_variable_counts_as_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOTUS_HOME")
    expected = Settings.read()
    monkeypatch.setenv(name, "")
    assert Settings.read() == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user:hunter2@host/db"),
        ("DB_POOL_SIZE", "0"),
        ("DB_POOL_SIZE", "many"),
        ("DB_MAX_OVERFLOW", "-1"),
        ("REPLICATE_TIMEOUT_SECONDS", "0"),
        ("REPLICATE_MAX_RETRIES", "99"),
        ("LOTUS_MAX_CONCURRENT_CLIPS", "0"),
        ("LOTUS_STORE", "s3:/bucket/prefix"),
        ("LOTUS_FFMPEG", "/not/there/ffmpeg"),
        ("LOTUS_HOME", "~nobody-of-that-name/lotus"),
    ],
)
def test_a_wrong_value_is_named_in_one_line_with_a_remedy(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        Settings.read()
    assert str(raised.value).startswith(f"{name}: ")
    assert raised.value.remedy
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 2
    assert "hunter2" not in str(raised.value)
    assert raised.value.cause == ""


def test_all_wrong_values_are_told_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTUS_CACHE_GB", "lots")
    monkeypatch.setenv("DB_POOL_SIZE", "0")
    with pytest.raises(SettingsError) as raised:
        Settings.read()
    assert sorted(line.partition(";")[0] for line in raised.value.lines) == [
        "DB_POOL_SIZE: should not be below 1",
        "LOTUS_CACHE_GB: is not a number",
    ]
    assert "the default is 10" in str(raised.value)


def test_a_dotenv_that_is_not_text_is_named() -> None:
    Path(".env").write_bytes(b"X=\xff\n")
    with pytest.raises(SettingsError, match=r"^\.env: is not text in UTF-8; "):
        Settings.read()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_however_a_host_spells_postgres_the_driver_is_psycopg(
    given: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    assert Settings.read().database == used


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "hunter2")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    assert "hunter2" not in f"{Settings.read()!r} {Settings.read()}"


def test_settings_do_not_change() -> None:
    with pytest.raises(SettingsError, match="frozen"):
        Settings.read().home = Path("/elsewhere")  # type: ignore[misc]


def test_every_variable_of_the_example_is_a_setting() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    lines = [line.lstrip("# ") for line in example.read_text().splitlines()]
    named = {line.split("=")[0] for line in lines if "=" in line and line.split("=")[0].isupper()}
    assert named
    assert {name for name in named if not name.startswith("AWS_")} <= set(NAMES)


def test_a_variable_that_is_nearly_a_setting_is_not_ignored_in_silence(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("LOTUS_STROE=s3://bucket\nOTHER_HOME=x\n")
    monkeypatch.setenv("LOTUS_DATABASE", "postgresql://db.example/lotus")
    assert inside("costs").err.splitlines() == [
        "warning: LOTUS_DATABASE is not a setting and is ignored; did you mean DATABASE_URL?",
        "warning: LOTUS_STROE is not a setting and is ignored; did you mean LOTUS_STORE?",
    ]
