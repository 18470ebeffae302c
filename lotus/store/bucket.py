"""Objects in an S3 bucket (or on a server that speaks S3), through s3fs.

Puts are conditional (If-None-Match), so an object is written once whoever else writes it; its
SHA-256 goes
with it as metadata and is compared with what arrives.
Limits: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotus.errors import StoreError
from lotus.money.aws_prices import s3_usd
from lotus.store.large import Large
from lotus.store.objects import PREFIXES, Head, StoredObject, content_type
from lotus.system.distribution import install_command
from lotus.system.keys import file_digest

__all__ = ["Bucket"]

CONNECT_SECONDS = 5
READ_SECONDS = 20
# of one request, with growing pauses, by botocore; connections that break in between as often by
# s3fs
TRIES = 3
DAMAGED_TRIES = 3  # of a download whose bytes are not those that were put
SINGLE_BYTES = 100 * 2**20  # up to here one request, above it parts
NEXT = {  # of a listing's arguments, and what they are called in the page before
    "list_objects_v2": {"ContinuationToken": "NextContinuationToken"},
    "list_multipart_uploads": {
        "KeyMarker": "NextKeyMarker",
        "UploadIdMarker": "NextUploadIdMarker",
    },
}
THERE = ("PreconditionFailed", "412")  # what S3 says of a key that is there and should not be
DIGEST = "sha256"  # the name under which the checksum is kept: x-amz-meta-sha256


class Bucket:
    """Objects under s3://bucket/prefix."""

    def __init__(self, url: str, endpoint_url: str | None = None) -> None:
        self._url = url
        self._endpoint_url = endpoint_url
        self.name, _, prefix = url.split("://", 1)[1].partition("/")
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._made: dict[str, tuple[int, Any]] = {}
        # writes, reads, byte-days since the last bill
        self._used = (0, 0, 0)
        self._using = threading.Lock()

    def bill(self) -> Decimal:
        """What was asked and kept since the last bill; an object is paid for until its prefix
        expires.

        Requests that had to be repeated are counted once; traffic to tasks of the same region is
        free.
        """
        with self._using:
            (writes, reads, byte_days) = self._used
            self._used = (0, 0, 0)
        return s3_usd(writes=writes, reads=reads, byte_days=byte_days)

    def _use(self, *, writes: int = 0, reads: int = 0, kept: tuple[str, int] | None = None) -> None:
        days = PREFIXES.get(kept[0].split("/")[0], 0) * kept[1] if kept is not None else 0
        with self._using:
            self._used = (self._used[0] + writes, self._used[1] + reads, self._used[2] + days)

    def head(self, key: str) -> Head | None:
        """One request; a bucket that is not there has no objects either."""
        self._use(reads=1)
        try:
            found = self.call("head_object", Key=self._at(key))
        except FileNotFoundError:
            return None
        return Head(found["ContentLength"], found["Metadata"].get(DIGEST))

    def put(self, source: Path, key: str) -> bool:
        """One PUT, or parts in parallel that become the object in one moment, or are removed."""
        facts = _facts(key, file_digest(source))
        size = source.stat().st_size
        try:
            if size > SINGLE_BYTES:
                self.large.put(source, self._at(key), facts)
            else:
                self._put(source, key, mode="create", **facts)
        except Exception as exc:
            said = code_of(exc)
            if isinstance(exc, FileExistsError) or said in THERE:
                return False
            if (
                said == "ConditionalRequestConflict"
            ):  # somebody else's put of the same key ended just now
                return self.head(key) is None and self.put(source, key)
            if said != "NotImplemented":
                raise
            self._put(source, key, **facts)  # one put is atomic there too
        self._use(kept=(key, size))
        return True

    def _put(self, source: Path, key: str, **how: Any) -> None:
        self._use(writes=1)
        self.fs.put_file(str(source), self._path(key), chunksize=SINGLE_BYTES, **how)

    def get(self, key: str, target: Path) -> None:
        """Fetch and verify it, and fetch it again if what arrived is damaged."""
        head = self.head(key)
        if head is None:
            raise FileNotFoundError(2, "is not there", key)
        for _ in range(DAMAGED_TRIES):
            digest = self._get(key, head, target)
            if target.stat().st_size == head.size_bytes and head.sha256 in (None, digest):
                return
        raise StoreError(
            url=self._url,
            reason=f"{key} arrived damaged {DAMAGED_TRIES} times: its checksum is not what was put",
            remedy="remove the object, so that it is made again",
        )

    def _get(self, key: str, head: Head, target: Path) -> str:
        """Write what arrives to a file; its SHA-256."""
        if head.size_bytes > SINGLE_BYTES:
            return self.large.get(self._at(key), head.size_bytes, target)
        self._use(reads=1)
        self.fs.get_file(self._path(key), str(target), chunksize=SINGLE_BYTES)
        return file_digest(target)

    def read(self, key: str, start: int, end: int | None) -> bytes:
        """A range read; beyond the end there is nothing."""
        if end is not None and end <= start:
            return b""
        self._use(reads=1)
        try:
            return bytes(self.fs.cat_file(self._path(key), start=start, end=end))
        except OSError as exc:
            if code_of(exc) in ("InvalidRange", "416"):
                return b""
            raise

    def copy(self, key: str, to: str) -> None:
        """A copy, made by the server, with type and checksum; in parts if it is large."""
        head = self.head(key)
        if head is None:
            raise FileNotFoundError(2, "is not there", key)
        if head.size_bytes > SINGLE_BYTES:
            self._copy_large(key, to, head)
        else:
            self._use(writes=1)
            source = {"Bucket": self.name, "Key": self._at(key)}
            self.call("copy_object", Key=self._at(to), CopySource=source)
        self._use(kept=(to, head.size_bytes))

    def _copy_large(self, key: str, to: str, head: Head) -> None:
        try:
            self.large.copy(self._at(key), self._at(to), _facts(to, head.sha256))
        except Exception as exc:
            if code_of(exc) not in THERE:  # somebody was faster
                raise

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """A thousand a request, nothing remembered."""
        for page in self._pages("list_objects_v2", Prefix=self._at(prefix)):
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(self.prefix)
                if not key.endswith("/"):
                    yield StoredObject(key, found["Size"], found["LastModified"].timestamp())

    def _pages(self, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """All pages of a listing; each says where the next one begins."""
        while True:
            self._use(writes=1)  # a listing costs what a write does
            page = self.call(operation, **arguments)
            yield page
            after = {later: page[said] for later, said in NEXT[operation].items() if page.get(said)}
            if not page.get("IsTruncated") or not after:
                return
            arguments |= after

    def delete(self, key: str) -> None:
        """Remove it; S3 says nothing if it was not there."""
        self.call("delete_object", Key=self._at(key))

    def link(self, key: str, seconds: int, name: str) -> str:
        """A presigned address: whoever has it can read this object until it expires."""
        saved = {"ResponseContentDisposition": f'attachment; filename="{name}"'} if name else {}
        return str(self.fs.sign(self._path(key), expiration=seconds, **saved))

    def abandoned(self, older_than: timedelta = timedelta(days=1)) -> Iterator[tuple[str, str]]:
        """Key and id of uploads in parts that were begun before and never ended."""
        before = datetime.now(UTC) - older_than
        for page in self._pages("list_multipart_uploads", Prefix=self.prefix):
            for upload in page.get("Uploads", ()):
                if upload["Initiated"] < before:
                    yield upload["Key"], upload["UploadId"]

    def abandon(self, key: str, upload_id: str) -> None:
        """Remove the parts of such an upload."""
        self.call("abort_multipart_upload", Key=key, UploadId=upload_id)

    def call(self, operation: str, **arguments: Any) -> Any:
        """One request about this bucket, by botocore's name."""
        return self.fs.call_s3(operation, Bucket=self.name, **arguments)

    def _at(self, key: str) -> str:
        return self.prefix + key

    def _path(self, key: str) -> str:
        return f"{self.name}/{self.prefix}{key}"

    @property
    def fs(self) -> Any:
        """s3fs's file system."""
        return self._own("fs", _filesystem)

    @property
    def large(self) -> Large:
        """Who moves large objects."""
        made: Large = self._own("large", lambda *to: Large(self.name, _client(*to), self._asked))
        return made

    def _asked(self, method: str) -> None:
        reads = method in ("GET", "HEAD")
        self._use(reads=int(reads), writes=int(not reads))

    def _own(self, name: str, make: Callable[[str, str | None], Any]) -> Any:
        """One a process, since connections do not survive a fork."""
        if name not in self._made or self._made[name][0] != os.getpid():
            self._made[name] = (os.getpid(), make(self._url, self._endpoint_url))
        return self._made[name][1]


def _facts(key: str, digest: str | None) -> dict[str, Any]:
    """What is kept with an object."""
    return {"ContentType": content_type(key), "Metadata": {DIGEST: digest} if digest else {}}


def code_of(exc: BaseException) -> str:
    """What S3 called the error, if it came from there: s3fs keeps botocore's as the cause."""
    for error in (exc, exc.__cause__):
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def _filesystem(url: str, endpoint_url: str | None) -> Any:
    try:
        import s3fs
    except ImportError as exc:
        raise _not_installed(url, exc) from exc
    made = s3fs.S3FileSystem(
        endpoint_url=endpoint_url,
        skip_instance_cache=True,
        use_listings_cache=False,
        config_kwargs=_how(),
    )
    made.retries = TRIES
    return made


def _client(url: str, endpoint_url: str | None) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as exc:
        raise _not_installed(url, exc) from exc
    return boto3.Session().client("s3", endpoint_url=endpoint_url, config=Config(**_how()))


def _how() -> dict[str, Any]:
    """What botocore is told, beneath either."""
    return {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": TRIES},
        "signature_version": "s3v4",
        "max_pool_connections": 32,
        # servers that are not Amazon's know no other
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    }


def _not_installed(url: str, exc: ImportError) -> StoreError:
    remedy = f"install it: {install_command('aws')}"
    return StoreError(url=url, reason=str(exc), remedy=remedy)
