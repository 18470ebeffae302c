"""The environment, read once, into a frozen object."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lotus.errors import SettingsError, UnknownAttribute

__all__ = ["Settings", "misspelt_variables"]

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


PREFIX = "LOTUS_"


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
        description="Where files are kept: a folder or s3://bucket/prefix. Default: "
        "LOTUS_HOME/store.",
    )
    database_url: str = Field(
        default="",
        alias="DATABASE_URL",
        repr=False,
        description="Database: SQLite or PostgreSQL. Default: LOTUS_HOME/lotus.db.",
    )
    dashboard_database_url: str = Field(
        default="",
        alias="LOTUS_DASHBOARD_DATABASE_URL",
        repr=False,
        description="Database address for the dashboards, with a read-only role. Default: "
        "DATABASE_URL.",
    )
    review_database_url: str = Field(
        default="",
        alias="LOTUS_REVIEW_DATABASE_URL",
        repr=False,
        description="Database address for viewers' reviews, with a role that may add reviews only.",
    )
    dashboard_token: SecretStr | None = Field(
        default=None,
        alias="LOTUS_DASHBOARD_TOKEN",
        description="Token for viewers of `lotus dashboards`. Default: a new one at each start.",
    )
    dashboards: Path | None = Field(
        default=None,
        alias="LOTUS_DASHBOARDS",
        description="Folder of your own notebooks; the dashboards show each as a page.",
    )
    db_pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        alias="DB_POOL_SIZE",
        description="Number of database connections that a process keeps open.",
    )
    db_max_overflow: int = Field(
        default=20,
        ge=0,
        le=200,
        alias="DB_MAX_OVERFLOW",
        description="Number of additional connections that it may open temporarily.",
    )
    db_connect_seconds: int = Field(
        default=10,
        ge=1,
        alias="DB_CONNECT_TIMEOUT_SECONDS",
        description="Seconds to wait for a database connection.",
    )
    db_statement_seconds: int = Field(
        default=60,
        ge=0,
        alias="DB_STATEMENT_TIMEOUT_SECONDS",
        description="Maximum seconds for one database statement; 0 = no limit.",
    )
    db_sslmode: SslMode = Field(
        default="",
        alias="DB_SSLMODE",
        description="libpq's sslmode: disable, prefer, require, verify-ca or verify-full.",
    )
    db_pgbouncer: bool = Field(
        default=False,
        alias="DB_PGBOUNCER",
        description="Set to true behind PgBouncer in transaction mode; turns prepared "
        "statements off.",
    )
    db_iam: bool = Field(
        default=False,
        alias="DB_IAM",
        description="Sign in to RDS with an IAM token instead of a password.",
    )
    db_iam_roles: bool = Field(
        default=False,
        alias="DB_IAM_ROLES",
        description="`lotus db migrate` also grants rights to the roles that sign in with IAM.",
    )
    cache_gb: float = Field(
        default=10,
        gt=0,
        alias="LOTUS_CACHE_GB",
        description="Maximum size of the local cache of a bucket's objects, in GB.",
    )
    aws_endpoint_url: str | None = Field(
        default=None,
        alias="AWS_ENDPOINT_URL",
        description="Address of an S3 server other than AWS.",
    )
    replicate_api_token: SecretStr | None = Field(
        default=None, alias="REPLICATE_API_TOKEN", description="API token of the Replicate account."
    )
    replicate_base_url: str | None = Field(
        default=None,
        alias="REPLICATE_BASE_URL",
        description="Address of Replicate's API, if you use a proxy.",
    )
    replicate_timeout_seconds: float = Field(
        default=600,
        gt=0,
        alias="REPLICATE_TIMEOUT_SECONDS",
        description="Maximum seconds for one prediction.",
    )
    replicate_max_retries: int = Field(
        default=5,
        ge=0,
        le=20,
        alias="REPLICATE_MAX_RETRIES",
        description="Number of retries after temporary errors, such as 429 or 503.",
    )
    replicate_new_seeds: int = Field(
        default=0,
        ge=0,
        le=5,
        alias="REPLICATE_NEW_SEEDS",
        description="Number of other seeds to try when a model fails on one.",
    )
    webhook_url: str | None = Field(
        default=None,
        alias="LOTUS_WEBHOOK_URL",
        description="Public address of `lotus serve` for Replicate's webhooks, such as "
        "https://lotus.example.org.",
    )
    replicate_webhook_secret: SecretStr | None = Field(
        default=None,
        alias="REPLICATE_WEBHOOK_SECRET",
        description="Signing secret of the account's webhooks.",
    )
    public_url: str = Field(
        default="",
        alias="LOTUS_PUBLIC_URL",
        description="Public address of `lotus serve`, for links in notifications.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        alias="LOTUS_SMTP_URL",
        description="Mail server: smtp://user:password@host:587, or smtps://.",
    )
    mail_from: str = Field(
        default="", alias="LOTUS_MAIL_FROM", description="Sender address of mail."
    )
    notify_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        alias="LOTUS_NOTIFY_SECRET",
        description="32 or more random characters that sign webhooks.",
    )
    oidc_issuer: str = Field(
        default="",
        alias="LOTUS_OIDC_ISSUER",
        description="Sign-in by OpenID Connect: address of the issuer.",
    )
    oidc_client_id: str = Field(
        default="",
        alias="LOTUS_OIDC_CLIENT_ID",
        description="Sign-in by OpenID Connect: client id.",
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None,
        alias="LOTUS_OIDC_CLIENT_SECRET",
        description="Sign-in by OpenID Connect: client secret.",
    )
    people: str = Field(
        default="",
        alias="LOTUS_PEOPLE",
        description="Rights of people who sign in, separated by commas: ada@example.com=all.",
    )
    load_balancer: str = Field(
        default="",
        alias="LOTUS_LOAD_BALANCER",
        description="ARN of the AWS load balancer that signs people in.",
    )
    ffmpeg: Path | None = Field(
        default=None,
        alias="LOTUS_FFMPEG",
        description="Path of an ffmpeg program. Default: the one installed with lotus.",
    )
    whisper: Path | None = Field(
        default=None,
        alias="LOTUS_WHISPER",
        description="Folder of a larger Whisper model for faster-whisper. Default: the base model.",
    )
    models: Path | None = Field(
        default=None,
        alias="LOTUS_MODELS",
        description="Path of your own catalogue of models (TOML, YAML or JSON).",
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
        description="Outputs of Terraform: a file, or s3://bucket/key.",
    )
    campaign: str | None = Field(
        default=None,
        alias="LOTUS_CAMPAIGN",
        description="Id of the campaign that runs this notebook; set by lotus.",
    )
    run: str | None = Field(
        default=None,
        alias="LOTUS_RUN",
        description="Id of the row that runs this notebook; set by lotus.",
    )
    max_concurrent_jobs: int = Field(
        default=5,
        ge=0,
        le=64,
        alias="LOTUS_MAX_CONCURRENT_JOBS",
        description="Number of jobs that `lotus serve` runs in parallel; 0 = none.",
    )
    worker_nice: int = Field(
        default=10,
        ge=0,
        le=19,
        alias="LOTUS_WORKER_NICE",
        description="Niceness of the service's jobs: 0 = normal priority, 19 = lowest.",
    )
    drain_seconds: float = Field(
        default=20,
        ge=0,
        alias="LOTUS_DRAIN_SECONDS",
        description="Seconds to let jobs finish when the service shuts down.",
    )
    cors_origins: str = Field(
        default="",
        alias="LOTUS_CORS_ORIGINS",
        description="Origins of pages that may call the API from a browser, separated by commas.",
    )
    rate_limit: float = Field(
        default=50,
        gt=0,
        alias="LOTUS_RATE_LIMIT",
        description="Maximum requests a second for each caller.",
    )
    max_concurrent_clips: int = Field(
        default=4,
        ge=1,
        le=64,
        alias="LOTUS_MAX_CONCURRENT_CLIPS",
        description="Number of clips that a job makes in parallel.",
    )

    def __init__(self, *fields: Any, **values: Any) -> None:
        """Read the environment; raises SettingsError naming the variable, never its value."""
        if fields:
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
            settings = type(self).model_fields.values()
            defaults = {str(each.alias): each.default for each in settings}
            every = [_error(each, defaults) for each in exc.errors(include_input=False)]
            raise every[0].with_others(every[1:]) from None

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
            raise ValueError(f"{home} is the home folder of a user who does not exist") from None

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
            r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:"
            r"loadbalancer/app/[\w-]+/[0-9a-f]+",
            arn,
        ):
            raise ValueError("is not the ARN of an application load balancer")
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

    @field_validator("store")
    @classmethod
    def _is_a_store(cls, url: str) -> str:
        if re.match(r"s3:(?!//[^/])", url, re.IGNORECASE):  # it would be a folder of that name
            raise ValueError("is neither a folder nor s3://bucket/prefix")
        return url

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


def misspelt_variables(names: Iterable[str]) -> dict[str, str]:
    """Names of the environment that begin with LOTUS_ and are nearly those of a setting: for each
    the variable that was probably meant. Nothing else would tell that such a value is ignored.
    """
    variables = [str(field.alias) for field in Settings.model_fields.values()]
    plain = {variable.removeprefix(PREFIX): variable for variable in variables}
    meant = {}
    for name in names:
        if name.startswith(PREFIX) and name not in variables and "_TEST_" not in name:
            near = difflib.get_close_matches(name.removeprefix(PREFIX), plain, n=1, cutoff=0.8)
            if near:
                meant[name] = plain[near[0]]
    return meant


def _error(error: Mapping[str, Any], defaults: Mapping[str, Any]) -> SettingsError:
    name = str(error["loc"][0])
    default = defaults.get(name)
    usual = f"; the default is {default}" if isinstance(default, int | float) else ""
    remedy = _REMEDIES.get(name, f"correct {name} in the environment or in .env{usual}")
    return SettingsError(name=name, reason=_plain(str(error["msg"])), remedy=remedy)


def _plain(message: str) -> str:
    """Pydantic's sentence in the words of people who write the environment."""
    for beginning, words in _WORDS.items():
        if message.startswith(beginning):
            rest = message.removeprefix(beginning).partition(" for <class")[0]
            return words if beginning.endswith(("unable", "got")) else words + rest
    return message


_WORDS = {
    "Value error, ": "",
    "Input is not a valid path": "is not a path",
    "Input should be a valid string": "should be text",
    "Input should be a valid number, unable": "is not a number",
    "Input should be a valid integer, unable": "is not a whole number",
    "Input should be a valid integer, got": "is not a whole number",
    "Input should be a valid boolean, unable": "is neither true nor false",
    "Input should be greater than or equal to ": "should not be below ",
    "Input should be less than or equal to ": "should not be above ",
    "Input should be greater than ": "should be above ",
    "Input should be ": "should be ",
}


def _check_names(settings: type[Settings], values: Mapping[str, Any]) -> None:
    """Raise SettingsError for a value that is given by another name than its variable's."""
    variables = {name: str(field.alias) for name, field in settings.model_fields.items()}
    for name in values:
        if name.startswith("_") or name in variables.values():
            continue
        near = difflib.get_close_matches(name.upper(), variables.values(), n=1)
        nearest_name = variables.get(name) or (near[0] if near else "")
        remedy = (
            f"write {nearest_name}=..." if nearest_name else "see the settings in the documentation"
        )
        raise SettingsError(name=name, reason="is not a variable", remedy=remedy)
