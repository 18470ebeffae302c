"""A large object up to an S3 server and down again, against boto3's transfer manager on the same
server.

    python -m venv boto3 && boto3/bin/pip install boto3
    python -m tests.benchmarks.objects --boto3 boto3/bin/python [--megabytes 1000] [--runs 3]

Both sides run in turns, each transfer in a process of its own whose peak memory is looked at. lotus
also computes the checksum of what goes up and compares that of what comes down. Prints a table of
medians.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MUST_RATIO = 1.2
MUST_MIB = 200
KEY = "clips/be/bench-{}.mp4"
BLOCK = 2**20


def transfer(side: str, direction: str, place: str, path: Path, number: str) -> dict[str, float]:
    """One transfer in this process: its seconds, and the most memory that the process ever had in
    bytes.
    """
    work = {"lotus": _lotus, "boto3": _boto3}[side](
        direction, place, path, KEY.format(f"{side}-{number}")
    )
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def _lotus(direction: str, place: str, path: Path, key: str) -> Any:
    from lotus.store import Store

    store = Store(
        place, path.parent / f"cache-{os.getpid()}", endpoint_url=os.environ["AWS_ENDPOINT_URL"]
    )
    store.exists(key)  # the connection is there, as boto3's client is
    if direction == "up":
        return lambda: store.put(path, key)
    return lambda: store.path(key)


def _boto3(direction: str, place: str, path: Path, key: str) -> Any:
    import boto3  # type: ignore[import-not-found]

    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    client = boto3.client(
        "s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1"
    )
    client.list_buckets()
    if direction == "up":
        return lambda: client.upload_file(str(path), bucket, f"{prefix}/{key}")
    return lambda: client.download_file(bucket, f"{prefix}/{key}", str(path.with_suffix(".down")))


def _elsewhere(python: str, *args: object, environment: dict[str, str]) -> dict[str, float]:
    command = [python, __file__, "--transfer", *map(str, args)]
    os.sync()  # what the transfer before has left to be written is not this one's
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return dict(json.loads(said))


def _random_file(path: Path, megabytes: int) -> Path:
    with path.open("wb") as file:
        for _ in range(megabytes * 10**6 // BLOCK + 1):
            file.write(os.urandom(BLOCK))
    return path


def measure(boto3: str, megabytes: int, runs: int) -> None:
    """Transfer in turns, and print the table."""
    from tests.servers import s3_server

    pythons = {"lotus": sys.executable, "boto3": boto3}
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    with s3_server() as bucket, tempfile.TemporaryDirectory() as folder:
        path = _random_file(Path(folder, "source.mp4"), megabytes)
        place = bucket.inner().url
        environment = {**os.environ, **bucket.environment, "PYTHONPATH": os.getcwd()}
        for run in range(runs):
            for direction in ("up", "down"):
                for side in sorted(pythons, reverse=run % 2 == 0):  # neither is always the first
                    args = (side, direction, place, path, run)
                    took = _elsewhere(pythons[side], *args, environment=environment)
                    found.setdefault((direction, side), []).append(took)
    _print(found, megabytes, runs)


def _print(found: dict[tuple[str, str], list[dict[str, float]]], megabytes: int, runs: int) -> None:
    print(
        f"{megabytes} MB, medians of {runs}; must be at most {MUST_RATIO} of boto3's time, "
        f"{MUST_MIB} MiB"
    )
    print(f"{'':<6}{'side':<8}{'seconds':>9}{'MB/s':>7}{'ratio':>7}{'peak MiB':>10}")
    for (direction, side), all_runs in found.items():
        seconds = statistics.median(one["seconds"] for one in all_runs)
        theirs = statistics.median(one["seconds"] for one in found[direction, "boto3"])
        peak = max(one["peak"] for one in all_runs) / 2**20
        ratio = f"{seconds / theirs:.2f}"
        print(
            f"{direction:<6}{side:<8}{seconds:>9.2f}{megabytes / seconds:>7.0f}"
            f"{ratio:>7}{peak:>10.0f}"
        )


def main() -> None:
    """Measure and print; or, in a process of its own, transfer once."""
    if sys.argv[1:2] == ["--transfer"]:
        side, direction, place, path, number = sys.argv[2:]
        print(json.dumps(transfer(side, direction, place, Path(path), number)))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--boto3", required=True, help="a Python that has boto3")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    measure(asked.boto3, asked.megabytes, asked.runs)


if __name__ == "__main__":
    main()
