"""The environment, read once, into a frozen object."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lotus.errors import SettingsError, UnknownAttribute

__all__ = ["Settings"]

SslMode = Literal["", "disable", "prefer", "require", "verify-ca", "verify-full"]  # libpq's words

_REMEDIES = {
    "DATABASE_URL": "write sqlite:///path, postgresql://user@host/name, or remove it for the "
    "default",
    "LOTUS_DASHBOARD_DATABASE_URL": "write the address of a role that only reads, or remove it",
    "LOTUS_REVIEW_DATABASE_URL": "write the address of a role that may add reviews, or remove it",
    "LOTUS_STORE": "write a folder or s3://bucket/prefix, or remove it for the default",
    "LOTUS_MODELS": "point it to a catalogue of your own (TOML, YAML or JSON), or remove it",
    "LOTUS_AWS": "make it: terraform -chdir=terraform output -json > aws.json; or remove it",
    "LOTUS_PUBLIC_URL": "write https://lotus.example.org, or remove it",
    "LOTUS_LOAD_BALANCER": "write arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/"
    "NAME/ID, or remove it",
    "LOTUS_NOTIFY_SECRET": "write 32 or more random characters, or remove it",
    "LOTUS_FFMPEG": "point it to an ffmpeg program, or remove it to use the one that is installed "
    "with lotus",
}


class Settings(BaseSettings):
    """The settings of the environment and `.env`; arguments have the variables' names."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
    )

    home: Path = Field(
        default=Path(".lotus"),
        alias="LOTUS_HOME",
        description="Folder of the default database, store and caches.",
    )
    store: str = Field(
        default="",
        alias="LOTUS_STORE",
        description="Where bytes are kept: a folder or s3://bucket/prefix. Default: in LOTUS_HOME.",
    )
    database_url: str = Field(
        default="",
        alias="DATABASE_URL",
        repr=False,
        description="Where rows are kept: SQLite or PostgreSQL. Default: LOTUS_HOME/lotus.db.",
    )
    dashboard_database_url: str = Field(
        default="",
        alias="LOTUS_DASHBOARD_DATABASE_URL",
        repr=False,
        description="The address by which dashboards read, with a role that cannot write.",
    )
    review_database_url: str = Field(
        default="",
        alias="LOTUS_REVIEW_DATABASE_URL",
        repr=False,
        description="The address by which viewers' reviews are added.",
    )
    dashboard_token: SecretStr | None = Field(
        default=None,
        alias="LOTUS_DASHBOARD_TOKEN",
        description="The token of viewers of `lotus dashboards`. Default: a new one each start.",
    )
    dashboards: Path | None = Field(
        default=None,
        alias="LOTUS_DASHBOARDS",
        description="A folder of your own notebooks, each shown as a page of the dashboards.",
    )
    db_pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        alias="DB_POOL_SIZE",
        description="Connections that a process keeps open.",
    )
    db_max_overflow: int = Field(
        default=20,
        ge=0,
        le=200,
        alias="DB_MAX_OVERFLOW",
        description="Connections that it may open besides, for a moment.",
    )
    db_connect_seconds: int = Field(
        default=10,
        ge=1,
        alias="DB_CONNECT_TIMEOUT_SECONDS",
        description="Seconds to wait for a connection.",
    )
    db_statement_seconds: int = Field(
        default=60,
        ge=0,
        alias="DB_STATEMENT_TIMEOUT_SECONDS",
        description="Seconds that one statement may take; 0 = no limit.",
    )
    db_sslmode: SslMode = Field(
        default="",
        alias="DB_SSLMODE",
        description="libpq's sslmode: disable, prefer, require, verify-ca or verify-full.",
    )
    db_pgbouncer: bool = Field(
        default=False,
        alias="DB_PGBOUNCER",
        description="The address is PgBouncer in transaction mode: use no prepared statements.",
    )
    db_iam: bool = Field(
        default=False,
        alias="DB_IAM",
        description="Sign in to RDS by a token of AWS instead of a password.",
    )
    db_iam_roles: bool = Field(
        default=False,
        alias="DB_IAM_ROLES",
        description="`lotus db migrate` also gives rights to the roles that sign in so.",
    )
    cache_gb: float = Field(
        default=10,
        gt=0,
        alias="LOTUS_CACHE_GB",
        description="Size of the local copies of objects in a bucket, in GB.",
    )
    aws_endpoint_url: str | None = Field(
        default=None,
        alias="AWS_ENDPOINT_URL",
        description="The address of an S3 server that is not AWS.",
    )
    replicate_api_token: SecretStr | None = Field(
        default=None, alias="REPLICATE_API_TOKEN", description="The token of the Replicate account."
    )
    replicate_base_url: str | None = Field(
        default=None,
        alias="REPLICATE_BASE_URL",
        description="The address of Replicate's API, if a proxy stands between.",
    )
    replicate_timeout_seconds: float = Field(
        default=600,
        gt=0,
        alias="REPLICATE_TIMEOUT_SECONDS",
        description="Seconds that one prediction may run.",
    )
    replicate_max_retries: int = Field(
        default=5,
        ge=0,
        le=20,
        alias="REPLICATE_MAX_RETRIES",
        description="Attempts after an answer that may pass, such as 429 or 503.",
    )
    replicate_new_seeds: int = Field(
        default=0,
        ge=0,
        le=5,
        alias="REPLICATE_NEW_SEEDS",
        description="Other seeds to try when a model breaks down on one.",
    )
    webhook_url: str | None = Field(
        default=None,
        alias="LOTUS_WEBHOOK_URL",
        description="Where Replicate reaches `lotus serve`, such as https://lotus.example.org.",
    )
    replicate_webhook_secret: SecretStr | None = Field(
        default=None,
        alias="REPLICATE_WEBHOOK_SECRET",
        description="The account's signing secret of webhooks.",
    )
    public_url: str = Field(
        default="",
        alias="LOTUS_PUBLIC_URL",
        description="Where people reach `lotus serve`, for links in messages.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        alias="LOTUS_SMTP_URL",
        description="The server that sends mail: smtp://user:password@host:587, or smtps://.",
    )
    mail_from: str = Field(default="", alias="LOTUS_MAIL_FROM", description="The sender of mail.")
    notify_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        alias="LOTUS_NOTIFY_SECRET",
        description="32 or more random characters, from which signatures of webhooks are made.",
    )
    oidc_issuer: str = Field(
        default="",
        alias="LOTUS_OIDC_ISSUER",
        description="Sign-in on the pages by OpenID Connect: the issuer's address.",
    )
    oidc_client_id: str = Field(
        default="",
        alias="LOTUS_OIDC_CLIENT_ID",
        description="Sign-in: the client's id at the issuer.",
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, alias="LOTUS_OIDC_CLIENT_SECRET", description="Sign-in: the client's secret."
    )
    people: str = Field(
        default="",
        alias="LOTUS_PEOPLE",
        description="Sign-in: who may do what, by commas: ada@example.com=all.",
    )
    load_balancer: str = Field(
        default="",
        alias="LOTUS_LOAD_BALANCER",
        description="The ARN of the load balancer of AWS at which people sign in.",
    )
    ffmpeg: Path | None = Field(
        default=None,
        alias="LOTUS_FFMPEG",
        description="An ffmpeg program. Default: the one that is installed with lotus.",
    )
    whisper: Path | None = Field(
        default=None,
        alias="LOTUS_WHISPER",
        description="A folder with a larger Whisper model for faster-whisper. Default: base.",
    )
    models: Path | None = Field(
        default=None,
        alias="LOTUS_MODELS",
        description="A catalogue of models of your own, in TOML, YAML or JSON.",
    )
    default_model: str | None = Field(
        default=None,
        alias="LOTUS_MODEL",
        description="The hosted model of renders that name neither model nor provider.",
    )
    default_provider: str | None = Field(
        default=None,
        alias="LOTUS_PROVIDER",
        description="The provider of renders that name neither model nor provider.",
    )
    aws: str | None = Field(
        default=None,
        alias="LOTUS_AWS",
        description="Terraform's output: a file, or s3://bucket/key.",
    )
    campaign: str | None = Field(
        default=None,
        alias="LOTUS_CAMPAIGN",
        description="The campaign of this notebook; set where campaigns run.",
    )
    run: str | None = Field(
        default=None,
        alias="LOTUS_RUN",
        description="The row of this notebook; set where campaigns run.",
    )
    max_concurrent_jobs: int = Field(
        default=5,
        ge=0,
        le=64,
        alias="LOTUS_MAX_CONCURRENT_JOBS",
        description="Jobs that `lotus serve` works on at a time; 0 = it only answers.",
    )
    worker_nice: int = Field(
        default=5,
        ge=0,
        le=19,
        alias="LOTUS_WORKER_NICE",
        description="How far the service's jobs step back for other work on the processors.",
    )
    drain_seconds: float = Field(
        default=20,
        ge=0,
        alias="LOTUS_DRAIN_SECONDS",
        description="Seconds that jobs have to finish when the service is told to end.",
    )
    cors_origins: str = Field(
        default="",
        alias="LOTUS_CORS_ORIGINS",
        description="Addresses of pages that may call the API from a browser, by commas.",
    )
    rate_limit: float = Field(
        default=50,
        gt=0,
        alias="LOTUS_RATE_LIMIT",
        description="Requests a second that one caller may send.",
    )
    max_concurrent_clips: int = Field(
        default=4,
        ge=1,
        le=64,
        alias="LOTUS_MAX_CONCURRENT_CLIPS",
        description="Clips that one job makes at a time.",
    )

    def __init__(self, *unnamed: Any, **values: Any) -> None:
        """Read the environment; raises SettingsError naming the variable, never its value."""
        if unnamed:
            remedy = "write lotus.Settings(LOTUS_HOME='folder')"
            raise SettingsError(name="Settings", reason="takes values by name", remedy=remedy)
        _check_names(type(self), values)
        try:
            super().__init__(**values)
        except UnicodeDecodeError:
            raise SettingsError(
                name=".env", reason="is not text in UTF-8", remedy="save it again as UTF-8"
            ) from None
        except ValidationError as exc:
            name = str(exc.errors()[0]["loc"][0])
            raise SettingsError(
                name=name,
                reason=_plain(exc.errors(include_input=False)[0]["msg"]),
                remedy=_REMEDIES.get(name, f"correct {name} in the environment or in .env"),
            ) from None

    if not TYPE_CHECKING:

        def __setattr__(self, name, value):
            if name in type(self).model_fields:
                variable = type(self).model_fields[name].alias
                remedy = f"write lotus.Settings.read({variable}=...)"
                reason = "is read from the environment, and frozen"
                raise SettingsError(name=name, reason=reason, remedy=remedy)
            super().__setattr__(name, value)

        def __getattr__(self, name):
            if name.startswith("_"):
                return super().__getattr__(name)
            raise UnknownAttribute("'Settings'", name, type(self).model_fields)

    @classmethod
    def read(cls, **overrides: Any) -> Settings:
        """Read the settings of the environment and `.env`.

        Parameters
        ----------
        **overrides
            Values that replace the environment's, by variable: `read(LOTUS_HOME="folder")`.

        Returns
        -------
        Settings
            The checked settings.

        Raises
        ------
        SettingsError
            If a value is wrong, or a name is not a variable.
        """
        return cls(**overrides)

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        try:
            return home.expanduser().absolute()
        except RuntimeError:
            raise ValueError(f"{home} is the folder of a user who is not there") from None

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("is not an http or https address")
        return url.rstrip("/")

    @field_validator("load_balancer")
    @classmethod
    def _is_a_load_balancer(cls, arn: str) -> str:
        if arn and not re.fullmatch(
            r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]+",
            arn,
        ):
            raise ValueError("is no ARN of an application load balancer")
        return arn

    @field_validator("ffmpeg", "models")
    @classmethod
    def _is_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.expanduser().is_file():
            raise ValueError(f"{path} is not a file")
        return path and path.expanduser().absolute()

    @field_validator("dashboards", "whisper")
    @classmethod
    def _is_a_folder(cls, path: Path | None) -> Path | None:
        if path is not None and not path.expanduser().is_dir():
            raise ValueError(f"{path} is not a folder")
        return path and path.expanduser().absolute()

    @field_validator("aws")
    @classmethod
    def _is_an_output(cls, place: str | None) -> str | None:
        if place is None or place.startswith("s3://"):
            return place
        path = Path(place).expanduser().absolute()
        if not path.is_file():
            raise ValueError(f"{path} is not a file")
        return str(path)

    @field_validator("database_url", "dashboard_database_url", "review_database_url")
    @classmethod
    def _is_a_database(cls, url: str) -> str:
        if url and not url.startswith(
            ("sqlite:", "postgresql:", "postgresql+psycopg:", "postgres:")
        ):
            raise ValueError("is not a SQLite or PostgreSQL address")
        return url

    @property
    def database(self) -> str:
        """The database as an address for SQLAlchemy; PostgreSQL by psycopg 3."""
        if not self.database_url:
            return f"sqlite:///{self.home / 'lotus.db'}"
        scheme, rest = self.database_url.split(":", 1)
        return f"postgresql+psycopg:{rest}" if scheme.startswith("postgres") else self.database_url

    @property
    def store_url(self) -> str:
        """The store: a folder, or s3://bucket/prefix."""
        return self.store or str(self.home / "store")


def _plain(message: str) -> str:
    """Pydantic's sentence in the words of people who write the environment."""
    for beginning, words in _WORDS.items():
        if message.startswith(beginning):
            return words + message.removeprefix(beginning).partition(" for <class")[0]
    return message


_WORDS = {
    "Value error, ": "",
    "Input is not a valid path": "is not a path",
    "Input should be a valid string": "should be text",
    "Input should be ": "should be ",
}


def _check_names(settings: type[Settings], values: Mapping[str, Any]) -> None:
    """Raise SettingsError for a value that is given by another name than its variable's."""
    variables = {name: str(field.alias) for name, field in settings.model_fields.items()}
    for name in values:
        if name.startswith("_") or name in variables.values():
            continue
        near = difflib.get_close_matches(name.upper(), variables.values(), n=1)
        meant = variables.get(name) or (near[0] if near else "")
        remedy = f"write {meant}=..." if meant else "see the settings in the documentation"
        raise SettingsError(name=name, reason="is not a variable", remedy=remedy)
