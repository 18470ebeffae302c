"""Objects in an S3 bucket (or on a server that speaks S3), through s3fs.

Puts are conditional (If-None-Match), so an object is written once whoever else writes it; its SHA-256 goes
with it as metadata and is compared with what arrives.
Limits: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotus.errors import StoreError
from lotus.keys import file_digest
from lotus.prices import s3_usd
from lotus.store.objects import PREFIXES, Head, StoredObject, content_type

__all__ = ["Bucket"]

CONNECT_SECONDS, READ_SECONDS = 5, 20
TRIES = (
    3  # of one request, with growing pauses, by botocore; connections that break in between as often by s3fs
)
DAMAGED_TRIES = 3  # of a download whose bytes are not those that were put
SINGLE_BYTES = 100 * 2**20  # up to here one PUT, above it parts
PART_BYTES, AT_ONCE = 8 * 2**20, 6  # so about 48 MiB of a large object are in memory
DIGEST = "sha256"  # the name under which the checksum is kept: x-amz-meta-sha256


class Bucket:
    """Objects under s3://bucket/prefix."""

    def __init__(self, url: str, endpoint_url: str | None = None) -> None:
        self._url, self._endpoint_url = url, endpoint_url
        self.name, _, prefix = url.split("://", 1)[1].partition("/")
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._made: tuple[int, Any] | None = None
        self._used, self._using = (0, 0, 0), threading.Lock()  # writes, reads, byte-days since the last bill

    def bill(self) -> Decimal:
        """What was asked and kept since the last bill; an object is paid for until its prefix expires.

        Requests that had to be repeated are counted once; traffic to tasks of the same region is free.
        """
        with self._using:
            (writes, reads, byte_days), self._used = self._used, (0, 0, 0)
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
        facts = {"ContentType": content_type(key), "Metadata": {DIGEST: file_digest(source)}}
        size = source.stat().st_size
        parts = SINGLE_BYTES if size <= SINGLE_BYTES else PART_BYTES
        requests = 1 if size <= SINGLE_BYTES else 2 + _parts(size)  # a beginning and an end of all parts
        self._use(writes=requests)
        how = {"chunksize": parts, "max_concurrency": AT_ONCE, **facts}
        try:
            self.fs.put_file(str(source), self._path(key), mode="create", **how)
        except OSError as exc:
            said = code_of(exc)
            if isinstance(exc, FileExistsError) or said in ("PreconditionFailed", "412"):
                return False
            if said == "ConditionalRequestConflict":  # somebody else's put of the same key ended just now
                return self.head(key) is None and self.put(source, key)
            if said != "NotImplemented":
                raise
            self.fs.put_file(str(source), self._path(key), **how)  # one put is atomic there too
        self._use(kept=(key, size))
        return True

    def get(self, key: str, target: Path) -> None:
        """Fetch and verify it, and fetch it again if what arrived is damaged."""
        head = self.head(key)
        if head is None:
            raise FileNotFoundError(2, "is not there", key)
        self._use(reads=_parts(head.size_bytes))
        for _ in range(DAMAGED_TRIES):
            self.fs.get_file(self._path(key), str(target), chunksize=PART_BYTES, max_concurrency=AT_ONCE)
            if target.stat().st_size == head.size_bytes and head.sha256 in (None, file_digest(target)):
                return
        raise StoreError(
            url=self._url,
            reason=f"{key} arrived damaged {DAMAGED_TRIES} times: its checksum is not what was put",
            remedy="remove the object, so that it is made again",
        )

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
        """A copy, made by the server, with type and checksum."""
        head = self.head(key)
        self._use(writes=1, kept=(to, head.size_bytes) if head is not None else None)
        self.call("copy_object", Key=self._at(to), CopySource={"Bucket": self.name, "Key": self._at(key)})

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """A thousand a request, nothing remembered."""
        more: dict[str, str] = {}
        while True:
            self._use(writes=1)  # a listing costs what a write does
            page = self.call("list_objects_v2", Prefix=self._at(prefix), **more)
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(self.prefix)
                if not key.endswith("/"):
                    yield StoredObject(key, found["Size"], found["LastModified"].timestamp())
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, key: str) -> None:
        """Remove it; S3 says nothing if it was not there."""
        self.call("delete_object", Key=self._at(key))

    def link(self, key: str, seconds: int) -> str:
        """A presigned address: whoever has it can read this object until it expires."""
        return str(self.fs.sign(self._path(key), expiration=seconds))

    def abandoned(self, older_than: timedelta = timedelta(days=1)) -> Iterator[tuple[str, str]]:
        """Key and id of uploads in parts that were begun before and never ended."""
        page = self.call("list_multipart_uploads", Prefix=self.prefix)
        before = datetime.now(UTC) - older_than
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
        """s3fs's file system: one a process, since connections do not survive a fork."""
        if self._made is None or self._made[0] != os.getpid():
            self._made = (os.getpid(), _filesystem(self._url, self._endpoint_url))
        return self._made[1]


def _parts(size_bytes: int) -> int:
    return max(1, -(-size_bytes // PART_BYTES))


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
        raise StoreError(url=url, reason=str(exc), remedy="install it: pip install 'lotus[aws]'") from exc
    made = s3fs.S3FileSystem(
        endpoint_url=endpoint_url,
        skip_instance_cache=True,
        use_listings_cache=False,
        config_kwargs={
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"mode": "standard", "total_max_attempts": TRIES},
            "signature_version": "s3v4",
            "max_pool_connections": 32,
            "request_checksum_calculation": "when_required",  # servers that are not Amazon's know no other
            "response_checksum_validation": "when_required",
        },
    )
    made.retries = TRIES
    return made
