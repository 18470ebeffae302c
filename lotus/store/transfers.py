"""Bytes in and out of a bucket: large objects in parts, several at a time, by boto3's transfer
manager, which tries single parts again, and removes an upload that fails.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["Transfers"]

PART_BYTES = 16 * 2**20
AT_ONCE = 6
PIECE_BYTES = 2**20  # no more of a part is in memory
PAUSES = (0.1, 0.5)  # before a part that broke off is asked for again

Result = TypeVar("Result")


class Transfers:
    """Transfers of one bucket; belongs to one process."""

    def __init__(self, bucket: str, client: Any, on_request: Callable[[str, str], None]) -> None:
        """`client` is boto3's: an upload in parts that it completes must not be there yet.

        `on_request` gets the operation and the HTTP method of each request.
        """
        from boto3.s3.transfer import TransferConfig, create_transfer_manager

        self._bucket = bucket
        client.meta.events.register(
            "before-call.s3", lambda model, **_: on_request(model.name, model.http["method"])
        )
        client.meta.events.register("provide-client-params.s3.CompleteMultipartUpload", _once)
        how = TransferConfig(
            multipart_threshold=PART_BYTES,
            multipart_chunksize=PART_BYTES,
            max_concurrency=AT_ONCE,
            preferred_transfer_client="classic",
        )
        self._client = client
        self._manager = create_transfer_manager(client, how)

    def put(self, source: Path, key: str, facts: dict[str, Any]) -> None:
        """Parts that become the object in one moment, or are removed; raises botocore's
        ClientError.
        """
        self._manager.upload(str(source), self._bucket, key, facts).result()

    def copy(self, key: str, to: str, facts: dict[str, Any]) -> None:
        """The same, of parts of another object, which the server copies."""
        how = {"MetadataDirective": "REPLACE", **facts}  # what is not said is lost, of parts
        self._manager.copy({"Bucket": self._bucket, "Key": key}, self._bucket, to, how).result()

    def get(self, key: str, size_bytes: int, target: Path) -> str:
        """Write the object to a file; its SHA-256, computed of what was written while the rest
        comes.

        (The manager's own download tells nobody which parts have come.)
        """
        digest = hashlib.sha256()
        starts = range(0, size_bytes, PART_BYTES)
        with target.open("wb+") as file, ThreadPoolExecutor(AT_ONCE) as pool:
            parts = [pool.submit(self._part, key, start, file.fileno()) for start in starts]
            try:
                for part in parts:
                    for at in range(*part.result(), PIECE_BYTES):
                        digest.update(os.pread(file.fileno(), PIECE_BYTES, at))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return digest.hexdigest()

    def read(self, key: str, start: int, end: int | None) -> bytes:
        """The bytes from `start` up to `end`, or to the last."""
        return _patiently(lambda: bytes(self._body(key, start, end).read()))

    def _part(self, key: str, start: int, file: int) -> tuple[int, int]:
        """Write the bytes of a part to their place; returns where it begins and ends."""

        def write() -> tuple[int, int]:
            end = start
            body = self._body(key, start, start + PART_BYTES)
            while piece := body.read(PIECE_BYTES):
                end += os.pwrite(file, piece, end)
            return start, end

        return _patiently(write)

    def _body(self, key: str, start: int, end: int | None) -> Any:
        last = "" if end is None else end - 1
        part = {"Range": f"bytes={start}-{last}"} if start or end is not None else {}
        return self._client.get_object(Bucket=self._bucket, Key=key, **part)["Body"]


def _patiently(fetch: Callable[[], Result]) -> Result:
    """Fetch again, after a pause, what broke off in the middle."""
    from s3transfer.utils import S3_RETRYABLE_DOWNLOAD_ERRORS

    for pause in PAUSES:
        try:
            return fetch()
        except S3_RETRYABLE_DOWNLOAD_ERRORS:
            time.sleep(pause)
    return fetch()


def _once(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return {**params, "IfNoneMatch": "*"}
