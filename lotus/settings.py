"""The environment, read once, into a frozen object."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lotus.errors import SettingsError

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
    "LOTUS_NOTIFY_SECRET": "write 32 or more random characters, or remove it",
    "LOTUS_FFMPEG": "point it to an ffmpeg program, or remove it to use the one that is installed "
    "with lotus",
}


class Settings(BaseSettings):
    """What the environment and `.env` say; given by hand, values go by the variables' names."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
    )

    home: Path = Field(default=Path(".lotus"), alias="LOTUS_HOME")
    store: str = Field(default="", alias="LOTUS_STORE")
    database_url: str = Field(default="", alias="DATABASE_URL", repr=False)  # may hold a password
    dashboard_database_url: str = Field(
        default="", alias="LOTUS_DASHBOARD_DATABASE_URL", repr=False
    )
    review_database_url: str = Field(default="", alias="LOTUS_REVIEW_DATABASE_URL", repr=False)
    dashboard_token: SecretStr | None = Field(default=None, alias="LOTUS_DASHBOARD_TOKEN")
    dashboards: Path | None = Field(default=None, alias="LOTUS_DASHBOARDS")  # notebooks as pages
    db_pool_size: int = Field(default=10, ge=1, le=200, alias="DB_POOL_SIZE")
    db_max_overflow: int = Field(default=20, ge=0, le=200, alias="DB_MAX_OVERFLOW")
    db_connect_seconds: int = Field(default=10, ge=1, alias="DB_CONNECT_TIMEOUT_SECONDS")
    # 0: for ever
    db_statement_seconds: int = Field(default=60, ge=0, alias="DB_STATEMENT_TIMEOUT_SECONDS")
    db_sslmode: SslMode = Field(default="", alias="DB_SSLMODE")
    db_pgbouncer: bool = Field(default=False, alias="DB_PGBOUNCER")  # in transaction mode
    db_iam: bool = Field(default=False, alias="DB_IAM")  # sign in to RDS by a token of AWS
    # `lotus db migrate` also gives rights to the roles that sign in so
    db_iam_roles: bool = Field(default=False, alias="DB_IAM_ROLES")
    # local copies of objects in a bucket
    cache_gb: float = Field(default=10, gt=0, alias="LOTUS_CACHE_GB")
    aws_endpoint_url: str | None = Field(default=None, alias="AWS_ENDPOINT_URL")
    replicate_api_token: SecretStr | None = Field(default=None, alias="REPLICATE_API_TOKEN")
    replicate_base_url: str | None = Field(default=None, alias="REPLICATE_BASE_URL")
    replicate_timeout_seconds: float = Field(default=600, gt=0, alias="REPLICATE_TIMEOUT_SECONDS")
    replicate_max_retries: int = Field(default=5, ge=0, le=20, alias="REPLICATE_MAX_RETRIES")
    # to try, if one fails
    replicate_new_seeds: int = Field(default=0, ge=0, le=5, alias="REPLICATE_NEW_SEEDS")
    # where Replicate reaches `lotus serve`, such as https://lotus.example.org, and how it signs
    webhook_url: str | None = Field(default=None, alias="LOTUS_WEBHOOK_URL")
    replicate_webhook_secret: SecretStr | None = Field(
        default=None, alias="REPLICATE_WEBHOOK_SECRET"
    )
    # where people reach `lotus serve`, for links in messages: https://lotus.example.org
    public_url: str = Field(default="", alias="LOTUS_PUBLIC_URL")
    # mail: smtp://user:password@host:587 or smtps://..., and the sender
    smtp_url: SecretStr | None = Field(default=None, alias="LOTUS_SMTP_URL")
    mail_from: str = Field(default="", alias="LOTUS_MAIL_FROM")
    # of which the secrets are made that sign webhooks
    notify_secret: SecretStr | None = Field(
        default=None, min_length=32, alias="LOTUS_NOTIFY_SECRET"
    )
    # sign-in on the pages by OpenID Connect, and who may do what: ada@example.com=all
    oidc_issuer: str = Field(default="", alias="LOTUS_OIDC_ISSUER")
    oidc_client_id: str = Field(default="", alias="LOTUS_OIDC_CLIENT_ID")
    oidc_client_secret: SecretStr | None = Field(default=None, alias="LOTUS_OIDC_CLIENT_SECRET")
    people: str = Field(default="", alias="LOTUS_PEOPLE")
    ffmpeg: Path | None = Field(default=None, alias="LOTUS_FFMPEG")
    models: Path | None = Field(default=None, alias="LOTUS_MODELS")
    # terraform's output: a file, or s3://bucket/key
    aws: str | None = Field(default=None, alias="LOTUS_AWS")
    # set in the notebooks of a campaign
    campaign: str | None = Field(default=None, alias="LOTUS_CAMPAIGN")
    run: str | None = Field(default=None, alias="LOTUS_RUN")  # and the row that they are run for
    max_concurrent_jobs: int = Field(default=5, ge=0, le=64, alias="LOTUS_MAX_CONCURRENT_JOBS")
    # how much smaller a share of the processors than the service's own its jobs get
    worker_nice: int = Field(default=5, ge=0, le=19, alias="LOTUS_WORKER_NICE")
    # that jobs have to finish
    drain_seconds: float = Field(default=20, ge=0, alias="LOTUS_DRAIN_SECONDS")
    # of pages that may call the API from a browser, such as https://studio.example; by commas
    cors_origins: str = Field(default="", alias="LOTUS_CORS_ORIGINS")
    # requests a second, of one caller
    rate_limit: float = Field(default=50, gt=0, alias="LOTUS_RATE_LIMIT")
    max_concurrent_clips: int = Field(default=4, ge=1, le=64, alias="LOTUS_MAX_CONCURRENT_CLIPS")

    @classmethod
    def read(cls, **overrides: Any) -> Settings:
        """Read the environment; raises SettingsError naming the variable, never its value."""
        try:
            return cls(**overrides)
        except UnicodeDecodeError:
            raise SettingsError(
                name=".env", reason="is not text in UTF-8", remedy="save it again as UTF-8"
            ) from None
        except ValidationError as exc:
            name = str(exc.errors()[0]["loc"][0])
            raise SettingsError(
                name=name,
                reason=exc.errors(include_input=False)[0]["msg"].removeprefix("Value error, "),
                remedy=_REMEDIES.get(name, f"correct {name} in the environment or in .env"),
            ) from None

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

    @field_validator("ffmpeg", "models")
    @classmethod
    def _is_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.expanduser().is_file():
            raise ValueError(f"{path} is not a file")
        return path and path.expanduser().absolute()

    @field_validator("dashboards")
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
        """SQLAlchemy's URL: the psycopg 3 driver for Postgres, however a host spells it."""
        if not self.database_url:
            return f"sqlite:///{self.home / 'lotus.db'}"
        scheme, rest = self.database_url.split(":", 1)
        return f"postgresql+psycopg:{rest}" if scheme.startswith("postgres") else self.database_url

    @property
    def store_url(self) -> str:
        """A folder or s3://bucket/prefix."""
        return self.store or str(self.home / "store")
