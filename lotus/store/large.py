"""Large objects of a bucket: in parts, several at a time, by boto3, which moves bytes faster than s3fs does.

Its transfer manager tries single parts again, and removes an upload that fails.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["Large"]

PART_BYTES, AT_ONCE = 8 * 2**20, 6  # so about 48 MiB of an object are in memory
PAUSES = (0.1, 0.5)  # before a part that broke off is asked for again


class Large:
    """Transfers of one bucket; belongs to one process."""

    def __init__(self, bucket: str, client: Any, asked: Callable[[str], None]) -> None:
        """`client` is boto3's, and of nobody else: what it completes must not be there yet.

        `asked` hears the method of each request.
        """
        from boto3.s3.transfer import TransferConfig, create_transfer_manager

        self._bucket = bucket
        client.meta.events.register("before-call.s3", lambda model, **_: asked(model.http["method"]))
        client.meta.events.register("provide-client-params.s3.CompleteMultipartUpload", _once)
        how = TransferConfig(
            multipart_threshold=PART_BYTES,
            multipart_chunksize=PART_BYTES,
            max_concurrency=AT_ONCE,
            preferred_transfer_client="classic",
        )
        self._client, self._manager = client, create_transfer_manager(client, how)

    def put(self, source: Path, key: str, facts: dict[str, Any]) -> None:
        """Parts that become the object in one moment, or are removed; raises botocore's ClientError."""
        self._manager.upload(str(source), self._bucket, key, facts).result()

    def copy(self, key: str, to: str, facts: dict[str, Any]) -> None:
        """The same, of parts of another object, which the server copies."""
        how = {"MetadataDirective": "REPLACE", **facts}  # what is not said is lost, of parts
        self._manager.copy({"Bucket": self._bucket, "Key": key}, self._bucket, to, how).result()

    def get(self, key: str, size_bytes: int, target: Path) -> str:
        """Write the object to a file; the SHA-256 of what arrived, which is computed in passing.

        (The manager's own download to what cannot seek stands still with more parts than fit its memory.)
        """
        digest = hashlib.sha256()
        with ThreadPoolExecutor(AT_ONCE) as pool, target.open("wb") as file:
            for part in _ahead(pool, partial(self._part, key), range(0, size_bytes, PART_BYTES)):
                file.write(part)
                digest.update(part)
        return digest.hexdigest()

    def _part(self, key: str, start: int) -> bytes:
        """The bytes from one on; a part that breaks off is asked for again."""
        from s3transfer.utils import S3_RETRYABLE_DOWNLOAD_ERRORS

        named = {"Key": key, "Range": f"bytes={start}-{start + PART_BYTES - 1}"}
        for pause in (*PAUSES, None):
            try:
                return bytes(self._client.get_object(Bucket=self._bucket, **named)["Body"].read())
            except S3_RETRYABLE_DOWNLOAD_ERRORS:
                if pause is None:
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")


def _ahead(pool: Executor, fetch: Callable[[int], bytes], starts: Iterable[int]) -> Iterator[bytes]:
    """Results in order, the next ones under way meanwhile: never more than `AT_ONCE` in memory."""
    coming: deque[Future[bytes]] = deque()
    try:
        for start in starts:
            if len(coming) == AT_ONCE:
                yield coming.popleft().result()
            coming.append(pool.submit(fetch, start))
        while coming:
            yield coming.popleft().result()
    finally:
        for one in coming:
            one.cancel()


def _once(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return {**params, "IfNoneMatch": "*"}
