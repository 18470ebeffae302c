"""Objects in an S3 bucket (or on a server that speaks S3), through boto3.

Puts are conditional (If-None-Match), so an object is written once whoever else writes it; its
SHA-256 goes with it as metadata and is compared with what arrives. Limits:
docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
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
from lotus.money.aws_prices import s3_usd
from lotus.store.objects import PREFIXES, Head, StoredObject, content_type
from lotus.store.transfers import Transfers
from lotus.system.distribution import not_installed
from lotus.system.keys import file_digest

__all__ = ["Bucket", "code_of"]

CONNECT_SECONDS = 5
READ_SECONDS = 20
TRIES = 3  # of one request, with growing pauses, by botocore
DAMAGED_TRIES = 3  # of a download whose bytes are not those that were put
SINGLE_BYTES = 100 * 2**20  # up to here one request, above it parts
NEXT = {  # of a listing's arguments, and what they are called in the page before
    "list_objects_v2": {"ContinuationToken": "NextContinuationToken"},
    "list_multipart_uploads": {
        "KeyMarker": "NextKeyMarker",
        "UploadIdMarker": "NextUploadIdMarker",
    },
}
MISSING = ("404", "NoSuchKey", "NoSuchBucket")
PRESENT = ("PreconditionFailed", "412")  # what S3 says of a key that is there and should not be
DIGEST = "sha256"  # the name under which the checksum is kept: x-amz-meta-sha256


class Bucket:
    """Objects under s3://bucket/prefix."""

    def __init__(self, url: str, endpoint_url: str | None = None) -> None:
        self._url = url
        self._endpoint_url = endpoint_url
        self.name, _, prefix = url.split("://", 1)[1].partition("/")
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._opened: tuple[int, Any, Transfers] | None = None
        self._opening = threading.Lock()
        # writes, reads, byte-days since the last bill
        self._used = (0, 0, 0)
        self._using = threading.Lock()

    def bill(self) -> Decimal:
        """The price of the requests and of what was kept since the last bill; an object is paid for
        until its prefix expires.

        Requests that had to be repeated are counted once; traffic to tasks of the same region is
        free.
        """
        with self._using:
            (writes, reads, byte_days) = self._used
            self._used = (0, 0, 0)
        return s3_usd(writes=writes, reads=reads, byte_days=byte_days)

    def _use(self, *, writes: int = 0, reads: int = 0, copy: tuple[str, int] | None = None) -> None:
        days = PREFIXES.get(copy[0].split("/")[0], 0) * copy[1] if copy is not None else 0
        with self._using:
            self._used = (self._used[0] + writes, self._used[1] + reads, self._used[2] + days)

    def _count(self, operation: str, method: str) -> None:
        """Count a request by its price: a listing costs as much as a write, a removal nothing."""
        if method == "DELETE":
            return
        read = method in ("GET", "HEAD") and not operation.startswith("List")
        self._use(reads=int(read), writes=int(not read))

    def head(self, key: str) -> Head | None:
        """One request; a bucket that is not there has no objects either."""
        try:
            facts = self.call("head_object", Key=self._at(key))
        except Exception as exc:
            if code_of(exc) in MISSING:
                return None
            raise
        return Head(facts["ContentLength"], facts["Metadata"].get(DIGEST))

    def put(self, source: Path, key: str) -> bool:
        """One PUT, or parts in parallel that become the object in one moment, or are removed."""
        facts = _facts(key, file_digest(source))
        size = source.stat().st_size
        try:
            if size > SINGLE_BYTES:
                self.transfers.put(source, self._at(key), facts)
            else:
                self._put(source, key, IfNoneMatch="*", **facts)
        except Exception as exc:
            code = code_of(exc)
            if code in PRESENT:
                return False
            # somebody else's put of the same key ended just now
            if code == "ConditionalRequestConflict":
                return self.head(key) is None and self.put(source, key)
            if code != "NotImplemented":
                raise
            self._put(source, key, **facts)  # one put is atomic there too
        self._use(copy=(key, size))
        return True

    def _put(self, source: Path, key: str, **facts: Any) -> None:
        with source.open("rb") as body:
            self.call("put_object", Key=self._at(key), Body=body, **facts)

    def get(self, key: str, target: Path) -> None:
        """Fetch and verify it, and fetch it again if what arrived is damaged."""
        head = self.head(key)
        if head is None:
            raise FileNotFoundError(2, "is not there", key)
        for _ in range(DAMAGED_TRIES):
            digest = self.transfers.get(self._at(key), head.size_bytes, target)
            if target.stat().st_size == head.size_bytes and head.sha256 in (None, digest):
                return
        raise StoreError(
            url=self._url,
            reason=f"{key} was damaged in transit {DAMAGED_TRIES} times: its checksum "
            "differs from the stored one",
            remedy="remove the object, so that it is made again",
        )

    def read(self, key: str, start: int, end: int | None) -> bytes:
        """A range read; beyond the end there is nothing."""
        if end is not None and end <= start:
            return b""
        try:
            return self.transfers.read(self._at(key), start, end)
        except Exception as exc:
            code = code_of(exc)
            if code in ("InvalidRange", "416"):
                return b""
            if code in MISSING:
                raise FileNotFoundError(2, "is not there", key) from exc
            raise

    def copy(self, key: str, to: str) -> None:
        """A copy, made by the server, with type and checksum; in parts if it is large."""
        head = self.head(key)
        if head is None:
            raise FileNotFoundError(2, "is not there", key)
        if head.size_bytes > SINGLE_BYTES:
            self._copy_large(key, to, head)
        else:
            source = {"Bucket": self.name, "Key": self._at(key)}
            self.call("copy_object", Key=self._at(to), CopySource=source)
        self._use(copy=(to, head.size_bytes))

    def _copy_large(self, key: str, to: str, head: Head) -> None:
        try:
            self.transfers.copy(self._at(key), self._at(to), _facts(to, head.sha256))
        except Exception as exc:
            if code_of(exc) not in PRESENT:  # somebody was faster
                raise

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """A thousand a request, nothing remembered."""
        for page in self._pages("list_objects_v2", Prefix=self._at(prefix)):
            for item in page.get("Contents", ()):
                key = item["Key"].removeprefix(self.prefix)
                if not key.endswith("/"):
                    yield StoredObject(key, item["Size"], item["LastModified"].timestamp())

    def _pages(self, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """All pages of a listing; each says where the next one begins."""
        while True:
            page = self.call(operation, **arguments)
            yield page
            after = {later: page[name] for later, name in NEXT[operation].items() if page.get(name)}
            if not page.get("IsTruncated") or not after:
                return
            arguments |= after

    def delete(self, key: str) -> None:
        """Remove it; S3 says nothing if it was not there."""
        self.call("delete_object", Key=self._at(key))

    def link(self, key: str, seconds: int, name: str) -> str:
        """A presigned address: whoever has it can read this object until it expires."""
        download = {"ResponseContentDisposition": f'attachment; filename="{name}"'} if name else {}
        request = {"Bucket": self.name, "Key": self._at(key), **download}
        return str(self.client.generate_presigned_url("get_object", request, ExpiresIn=seconds))

    def upload_link(self, key: str, size_bytes: int, seconds: int) -> str:
        """A presigned address: whoever has it can put just so many bytes there until it expires."""
        request = {"Bucket": self.name, "Key": self._at(key), "ContentLength": size_bytes}
        return str(self.client.generate_presigned_url("put_object", request, ExpiresIn=seconds))

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
        """One request about this bucket, by botocore's name; raises botocore's ClientError."""
        return getattr(self.client, operation)(Bucket=self.name, **arguments)

    def _at(self, key: str) -> str:
        return self.prefix + key

    @property
    def client(self) -> Any:
        """boto3's client."""
        return self._own()[0]

    @property
    def transfers(self) -> Transfers:
        """The mover of what is in objects."""
        return self._own()[1]

    def _own(self) -> tuple[Any, Transfers]:
        """One client a process, since connections do not survive a fork."""
        with self._opening:
            if self._opened is None or self._opened[0] != os.getpid():
                client = _client(self._url, self._endpoint_url)
                transfers = Transfers(self.name, client, self._count)
                self._opened = (os.getpid(), client, transfers)
            return self._opened[1:]


def _facts(key: str, digest: str | None) -> dict[str, Any]:
    """What is kept with an object."""
    return {"ContentType": content_type(key), "Metadata": {DIGEST: digest} if digest else {}}


def code_of(exc: BaseException) -> str:
    """What S3 called the error, if it came from there."""
    for error in (exc, exc.__cause__):
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def _client(url: str, endpoint_url: str | None) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError as exc:
        raise not_installed(exc) or exc from exc
    how = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        signature_version="s3v4",
        max_pool_connections=32,
        # servers that are not Amazon's know no other
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.Session().client("s3", endpoint_url=endpoint_url, config=how)
