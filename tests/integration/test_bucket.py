"""A bucket on a real S3 server, through a network with bad days: nothing is half, each fault is a
line.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import lotus
from lotus.dev import Identity
from lotus.documents.reading import load_request
from lotus.errors import StoreError
from lotus.money.aws_prices import s3_usd
from lotus.money.ledger import money
from lotus.server.refusals import Refusal
from lotus.server.transfers import download_link
from lotus.store import Store, transfers
from lotus.store import bucket as module
from lotus.store.bucket import Bucket
from lotus.system.keys import file_digest
from tests import servers
from tests.driving import eventually, inside, patterns
from tests.faults import Fault, Middle, between, black_hole

OTHER = "clips/cd/cdef.mp4"
KEY = "clips/ab/abcd.mp4"


@pytest.fixture(scope="module", autouse=True)
def _first_object(s3: servers.Bucket, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A server's first object may take many seconds, longer than these tests let it."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3.environment.items():
            patch.setenv(name, value)
        Store(s3.url, folder / "cache", endpoint_url=s3.endpoint_url).put(_file(folder), KEY)


@pytest.fixture
def middle(bucket: servers.Bucket) -> Iterator[Middle]:
    if servers.OWN_S3:
        pytest.skip("faults are put between lotus and the server of the tests")
    assert bucket.endpoint_url
    with between(bucket.endpoint_url) as made:
        yield made


@pytest.fixture
def far(
    middle: Middle, bucket: servers.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """A store behind the proxy, that does not wait long."""
    monkeypatch.setattr(module, "READ_SECONDS", 1)
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    return Store(bucket.url, tmp_path / "far cache", endpoint_url=middle.url)


@pytest.fixture
def near(bucket: servers.Bucket, tmp_path: Path) -> Store:
    """The same place, without the proxy."""
    return Store(bucket.url, tmp_path / "near cache", endpoint_url=bucket.endpoint_url)


def _file(folder: Path, content: bytes = b"bytes" * 1000, name: str = "source") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that goes in parts, since parts are small in this test (5 MiB is S3's least)."""
    monkeypatch.setattr(module, "SINGLE_BYTES", 1)
    monkeypatch.setattr(transfers, "PART_BYTES", 5 * 2**20)
    monkeypatch.setattr(transfers, "AT_ONCE", 2)  # fewer than it has
    return _file(folder, os.urandom(1024) * 12_000)


BRIEF = [
    pytest.param(Fault("answer", "PUT", times=2, status=503, code="SlowDown"), id="slow down"),
    pytest.param(
        Fault("answer", "PUT", times=2, status=500, code="InternalError"), id="server error"
    ),
    pytest.param(Fault("reset", "PUT", times=2), id="reset in the middle"),
    pytest.param(Fault("stall", "PUT", times=1), id="no answer"),
]


@pytest.mark.parametrize("fault", BRIEF)
def test_a_fault_that_passes_is_not_noticed_when_putting(
    far: Store, near: Store, middle: Middle, tmp_path: Path, fault: Fault
) -> None:
    middle.faults.append(fault)
    far.put(_file(tmp_path), KEY)
    assert fault.met == fault.times
    assert near.read(KEY) == b"bytes" * 1000


@pytest.mark.parametrize("kind", ["truncate", "corrupt", "reset", "answer"])
def test_a_fault_that_passes_is_not_noticed_when_fetching(
    far: Store, near: Store, middle: Middle, tmp_path: Path, kind: str
) -> None:
    near.put(_file(tmp_path), KEY)
    fault = Fault(kind, "GET", path=KEY, times=2)  # type: ignore[arg-type]
    middle.faults.append(fault)
    assert far.path(KEY).read_bytes() == b"bytes" * 1000
    assert fault.met == 2


def test_what_arrives_damaged_is_never_used(
    far: Store, near: Store, middle: Middle, tmp_path: Path
) -> None:
    near.put(_file(tmp_path), KEY)
    middle.faults.append(Fault("corrupt", "GET", path=KEY))
    with pytest.raises(
        StoreError, match=r"abcd.mp4 was damaged in transit 3 times.*; " r"remove the object"
    ):
        far.path(KEY)
    middle.faults.clear()
    assert far.path(KEY).read_bytes() == b"bytes" * 1000
    assert [path.name for path in (tmp_path / "far cache").rglob(".*.mp4*")] == []


LASTING = [
    (
        "PUT",
        503,
        "SlowDown",
        "receives more requests than it can serve; wait a little, then run it again",
    ),
    ("PUT", 503, "ServiceUnavailable", "is too busy; wait a little"),
    (
        "PUT",
        403,
        "AccessDenied",
        "access is denied: s3:PutObject is missing; grant s3:PutObject on the bucket",
    ),
    ("PUT", 400, "ExpiredToken", "the credentials have expired; sign in again"),
    ("PUT", 403, "RequestTimeTooSkewed", "the clock of this machine is wrong; set it right"),
    ("PUT", 301, "PermanentRedirect", "the bucket is in another region; set AWS_DEFAULT_REGION"),
    (
        "PUT",
        400,
        "AuthorizationHeaderMalformed",
        "the bucket is in another region; set AWS_DEFAULT_REGION",
    ),
    ("PUT", 404, "NoSuchBucket", "the bucket is not there; create it, or correct LOTUS_STORE"),
    ("DELETE", 403, "AccessDenied", "s3:DeleteObject is missing; grant s3:DeleteObject"),
    ("LIST", 403, "AccessDenied", "s3:ListBucket is missing; grant s3:ListBucket"),
    ("GET", 403, "AccessDenied", "s3:GetObject is missing; grant s3:GetObject"),
    (
        "HEAD",
        403,
        "AccessDenied",
        "s3:GetObject (or s3:ListBucket, to see what is not there) is missing; grant",
    ),
]


@pytest.mark.parametrize(("what", "status", "code", "line"), LASTING)
def test_a_fault_that_lasts_is_one_line(
    far: Store,
    near: Store,
    middle: Middle,
    tmp_path: Path,
    what: str,
    status: int,
    code: str,
    line: str,
) -> None:
    source = _file(tmp_path)
    other = "clips/cd/cd.mp4"
    near.put(source, KEY)
    method = "GET" if what == "LIST" else what
    middle.faults.append(Fault("answer", method, status=status, code=code))
    use = {
        "PUT": lambda: far.put(source, other),
        "GET": lambda: far.path(KEY),
        "HEAD": lambda: far.exists(KEY),
        "DELETE": lambda: far.delete(KEY),
        "LIST": lambda: list(far.list()),
    }[what]
    with pytest.raises(StoreError) as raised:
        use()
    assert line in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert not near.exists(other)
    assert near.exists(KEY)


DENIED = [
    (servers.READER, "put", "s3:PutObject"),
    (servers.READER, "delete", "s3:DeleteObject"),
    (servers.WRITER, "get", "s3:GetObject"),
    (servers.BLIND, "list", "s3:ListBucket"),
]


@pytest.mark.parametrize(("who", "what", "permission"), DENIED, ids=lambda value: str(value)[:20])
def test_a_real_server_that_denies_is_understood(
    near: Store,
    bucket: servers.Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    who: Identity,
    what: str,
    permission: str,
) -> None:
    if servers.OWN_S3:
        pytest.skip("the server of the tests knows people with few rights")
    near.put(_file(tmp_path), KEY)
    for name, value in who.environment.items():
        monkeypatch.setenv(name, value)
    theirs = Store(bucket.url, tmp_path / "their cache", endpoint_url=bucket.endpoint_url)
    use = {
        "put": lambda: theirs.put(_file(tmp_path), "clips/x.mp4"),
        "delete": lambda: theirs.delete(KEY),
        "get": lambda: theirs.path(KEY),
        "list": lambda: list(theirs.list()),
    }[what]
    with pytest.raises(StoreError, match=f"access is denied: {permission}") as raised:
        use()
    assert str(raised.value).endswith(f"grant {permission} on the bucket")


def test_a_bucket_that_is_not_there_is_one_line(bucket: servers.Bucket, tmp_path: Path) -> None:
    store = Store("s3://nobody-has-this-bucket/x", tmp_path / "c", endpoint_url=bucket.endpoint_url)
    with pytest.raises(
        StoreError, match="the bucket is not there; create it, or correct LOTUS_STORE"
    ):
        list(store.list())


WRONG = [
    ("AWS_ACCESS_KEY_ID", "nobody", "the access key is unknown there; check AWS_ACCESS_KEY_ID"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "hunter2",
        "the secret key does not fit the access key; check AWS_ACCESS_KEY_ID",
    ),
    ("AWS_ACCESS_KEY_ID", "", "no credentials were found; set AWS_ACCESS_KEY_ID"),
    ("AWS_PROFILE", "nobody", "there is no such profile; correct AWS_PROFILE"),
]


@pytest.mark.parametrize(("name", "value", "line"), WRONG)
def test_wrong_credentials_are_one_line_without_them(
    bucket: servers.Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    line: str,
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv(name, value)
    if not value:
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.delenv(name)
    store = Store(bucket.url, tmp_path / "cache", endpoint_url=bucket.endpoint_url)
    with pytest.raises(StoreError) as raised:
        store.put(_file(tmp_path), KEY)
    assert line in str(raised.value)
    assert "hunter2" not in f"{raised.value} {raised.value.facts} {raised.value.cause}"


@pytest.mark.parametrize("where", ["refused", "no such host", "black hole"])
def test_a_server_that_is_not_there_is_one_line(
    bucket: servers.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(module, "TRIES", 1)
    monkeypatch.setattr(module, "READ_SECONDS", 0.2)
    with black_hole() as port:
        url = {"refused": "http://127.0.0.1:1", "no such host": "http://no-such-host.invalid"}
        store = Store(bucket.url, tmp_path, endpoint_url=url.get(where, f"http://127.0.0.1:{port}"))
        with pytest.raises(
            StoreError, match=r"cannot be reached; check AWS_ENDPOINT_URL|sent nothing for"
        ):
            store.exists(KEY)


def test_two_who_put_the_same_key_leave_the_first(
    far: Store, near: Store, middle: Middle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near.put(_file(tmp_path, b"first"), KEY)
    # it appears between the question and the put
    monkeypatch.setattr(Bucket, "head", lambda self, key: None)
    far.put(_file(tmp_path, b"second", "other"), KEY)
    monkeypatch.undo()
    assert near.read(KEY) == b"first"


def test_the_loser_of_a_race_uses_the_object_of_the_winner(
    far: Store, near: Store, tmp_path: Path
) -> None:
    near.put(_file(tmp_path, b"first"), KEY)
    far.put(_file(tmp_path, b"second", "other"), KEY)
    assert far.path(KEY).read_bytes() == b"first"


def test_a_large_object_goes_in_parts_and_comes_back_the_same(
    far: Store, near: Store, middle: Middle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _large(tmp_path, monkeypatch)
    middle.faults.append(Fault("reset", "PUT", path="partNumber=2", times=1))
    far.put(source, KEY)
    assert middle.count("POST", "uploads") == 1
    assert middle.count("PUT", "partNumber=2") == 2
    fault = Fault("truncate", "GET", path=KEY, times=1)
    middle.faults.append(fault)
    assert (
        Store(near.url, tmp_path / "third", endpoint_url=middle.url).path(KEY).read_bytes()
        == source.read_bytes()
    )
    assert fault.met == 1


@pytest.mark.slow
def test_five_gigabytes_go_up_and_come_back_whole(near: Store, tmp_path: Path) -> None:
    """More than one request may carry, or one process hold; the source has holes (needs 10 GB of
    disk).
    """
    source = tmp_path / "sparse"
    size = 5 * 2**30 + 1
    with source.open("wb") as file:
        file.seek(size - 1)
        file.write(b"!")
    near.put(source, KEY)
    head = near.head(KEY)
    assert head is not None
    assert (head.size_bytes, head.sha256) == (size, file_digest(source))
    assert near.read(KEY, size - 2) == b"\0!"
    other = Store(near.url, tmp_path / "other cache", endpoint_url=near.endpoint_url)
    try:
        assert file_digest(other.path(KEY)) == head.sha256
    finally:
        other.delete(KEY)
        near.delete(KEY)
        source.unlink()


def test_an_upload_that_fails_leaves_neither_an_object_nor_parts(
    far: Store, near: Store, middle: Middle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _large(tmp_path, monkeypatch)
    middle.faults.append(
        Fault("answer", "PUT", path="partNumber=2", status=403, code="AccessDenied")
    )
    with pytest.raises(StoreError, match="s3:PutObject is missing"):
        far.put(source, KEY)
    assert not near.exists(KEY)
    assert isinstance(near.objects, Bucket)
    assert (
        near.objects.call("list_multipart_uploads", Prefix=near.objects.prefix).get("Uploads", [])
        == []
    )


def test_uploads_that_nobody_ended_are_removed_once_they_are_old(near: Store) -> None:
    assert isinstance(near.objects, Bucket)
    near.objects.call("create_multipart_upload", Key=f"{near.objects.prefix}clips/x.mp4")
    assert near.abandoned(timedelta(days=1), dry_run=False) == 0  # it may well be under way
    assert [near.abandoned(timedelta(0), dry_run=dry) for dry in (True, False, True)] == [1, 1, 0]


def test_uploads_are_listed_to_the_last_page(near: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two, as Amazon makes them (API_ListMultipartUploads): the servers of the tests make
    none.
    """
    assert isinstance(near.objects, Bucket)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    there = [{"Key": f"x{n // 2}", "UploadId": str(n), "Initiated": at} for n in range(5)]

    def pages(operation: str, Prefix: str, KeyMarker: str = "", UploadIdMarker: str = "") -> Any:  # noqa: N803
        after = (KeyMarker, UploadIdMarker)
        rest = [one for one in there if (one["Key"], one["UploadId"]) > after]
        last = rest[:2][-1]
        marks = {"NextKeyMarker": last["Key"], "NextUploadIdMarker": last["UploadId"]}
        return {
            "Uploads": rest[:2],
            "IsTruncated": len(rest) > 2,
            **(marks if len(rest) > 2 else {}),
        }

    monkeypatch.setattr(near.objects, "call", pages)
    assert [upload for _, upload in near.objects.abandoned()] == ["0", "1", "2", "3", "4"]


def test_objects_are_listed_to_the_last_page(
    near: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(near.objects, Bucket)
    keys = [f"clips/ab/ab{n}.mp4" for n in range(5)]
    for key in keys:
        near.put(_file(tmp_path), key)
    small = partial(near.objects.call, MaxKeys=2)
    monkeypatch.setattr(near.objects, "call", small)
    assert [found.key for found in near.list()] == keys


def test_a_large_object_is_copied_in_parts_with_type_and_checksum(
    far: Store, near: Store, middle: Middle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _large(tmp_path, monkeypatch)
    to = "clips/ab/other.webp"
    near.put(source, KEY)
    far.copy(KEY, to)
    assert middle.count("PUT", "partNumber=") == 3
    assert isinstance(near.objects, Bucket)
    found = near.objects.call("head_object", Key=near.objects.prefix + to)
    assert (found["ContentType"], found["Metadata"]) == (
        "image/webp",
        {"sha256": file_digest(source)},
    )
    assert near.path(to).read_bytes() == source.read_bytes()


def test_nothing_is_fetched_that_was_put_or_fetched_here(
    far: Store, near: Store, middle: Middle, tmp_path: Path
) -> None:
    far.put(_file(tmp_path), KEY)
    far.path(KEY)
    near.put(_file(tmp_path, b"theirs", "theirs"), "clips/cd/cd.mp4")
    for _ in range(3):
        assert far.path("clips/cd/cd.mp4").read_bytes() == b"theirs"
    assert (middle.count("GET", KEY), middle.count("GET", "cd.mp4")) == (0, 1)


@pytest.mark.parametrize("kind", [threading.Thread, multiprocessing.get_context("fork").Process])
def test_all_who_want_the_same_object_fetch_it_once(
    far: Store, near: Store, middle: Middle, tmp_path: Path, kind: Callable[..., Any]
) -> None:
    near.put(_file(tmp_path), KEY)
    together = [kind(target=far.path, args=[KEY]) for _ in range(4)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert middle.count("GET", KEY) == 1
    assert far.path(KEY).read_bytes() == b"bytes" * 1000
    assert middle.count("GET", KEY) == 1


def test_a_question_is_one_request(far: Store, middle: Middle) -> None:
    assert not far.exists(KEY)
    assert [method for method, _ in middle.asked] == ["HEAD"]


def test_the_bill_is_that_of_the_requests_and_of_what_is_kept(
    far: Store, near: Store, middle: Middle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "billed", True)
    near.put(_file(tmp_path, b"theirs", "theirs"), "clips/cd/cd.mp4")
    far.put(_file(tmp_path), KEY)
    far.put(_large(tmp_path, monkeypatch), "segments/ab/large.mp4")
    far.copy(KEY, "compositions/j/final.mp4")
    assert (far.path("clips/cd/cd.mp4").read_bytes(), far.read(KEY, 1, 3)) == (b"theirs", b"yt")
    assert [item.key for item in far.list("clips/")] == [KEY, "clips/cd/cd.mp4"]
    listed = middle.count("GET", "list-type")
    writes = sum(middle.count(method) for method in ("PUT", "POST")) + listed
    reads = middle.count("HEAD") + middle.count("GET") - listed
    days = 5000 * 30 + (tmp_path / "source").stat().st_size * 30 + 5000 * 90
    assert (listed, far.bill()) == (1, s3_usd(writes=writes, reads=reads, byte_days=days))
    assert far.bill() == 0, "what was billed is not billed again"


def test_a_job_pays_for_what_it_keeps_and_what_is_local_costs_nothing(
    bucket: servers.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTUS_STORE", bucket.url)
    job = lotus.render(load_request(str(patterns(tmp_path))))
    assert job.cost.actual_usd == 0, "a server that is not Amazon's sends no bill"
    monkeypatch.setattr(Store, "billed", True)
    paid = lotus.render(job.with_scene(1, caption="New")).cost.actual_usd
    assert Decimal("0.00002") < paid < Decimal("0.001")
    rows = inside("costs", "--by", "provider", "--json").json["rows"]
    assert [row["actual_usd"] for row in rows if row["provider"] == "aws"] == [money(paid)]


def test_a_player_reads_a_part_by_a_presigned_address_until_it_expires(
    near: Store, tmp_path: Path
) -> None:
    near.put(_file(tmp_path, b"0123456789"), KEY)
    asked = urllib.request.Request(near.link(KEY, 300), headers={"Range": "bytes=2-4"})
    with urllib.request.urlopen(asked) as answer:
        assert (answer.status, answer.read()) == (206, b"234")
        assert answer.headers["Content-Type"] == "video/mp4"
    over = near.link(KEY, 1)
    assert eventually(lambda: _refused(over) == 403, "the address expires")


def _refused(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _child(store: Store, source: Path) -> None:
    store.put(source, "clips/of/child.mp4")


def test_a_store_can_be_used_on_both_sides_of_a_fork(near: Store, tmp_path: Path) -> None:
    source = _file(tmp_path)
    near.put(source, KEY)
    child = multiprocessing.get_context("fork").Process(target=_child, args=[near, source])
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert near.read("clips/of/child.mp4") == near.read(KEY)


def test_a_signed_address_takes_just_the_bytes_that_it_was_signed_for(near: Store) -> None:
    key = "temp/uploads/one"
    address = near.upload_link(key, 5, 300)
    assert address is not None

    def put(url: str, data: bytes) -> int:
        request = urllib.request.Request(url, data, method="PUT")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert put(address, b"six by") == 403
    assert put(address.replace("uploads/one", "uploads/two"), b"bytes") == 403
    assert put(address, b"bytes") == 200
    head = near.head(key)
    assert head is not None
    assert head.size_bytes == 5
    assert near.path(key).read_bytes() == b"bytes"
    assert Store(str(near.path(key).parent), near.path(key).parent).upload_link(key, 5, 300) is None


def test_a_browser_saves_an_upload_and_shows_a_video(near: Store, tmp_path: Path) -> None:
    (drawing := tmp_path / "x.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    keys = {f"uploads/aa/{'a' * 64}.svg": "attachment", "compositions/x/final.mp4": None}
    for key, disposition in keys.items():
        near.put(drawing, key)
        with urllib.request.urlopen(download_link(near, key), timeout=30) as answer:
            header = answer.headers["Content-Disposition"]
        assert (header or "").partition(";")[0] == (disposition or "")
    with pytest.raises(Refusal, match="has expired"):
        download_link(near, "compositions/y/final.mp4")
