"""A worker on ECS: `python -m batch.worker ADDRESS KEY` becomes a Dask worker with that certificate."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

__all__ = ["command", "main"]

DEATH_SECONDS = 60  # without a scheduler it ends: a driver that was killed leaves nothing behind
METADATA = "ECS_CONTAINER_METADATA_URI_V4"


def command(address: str, name: str, folder: Path) -> list[str]:
    """The Dask worker: one row at a time, no nanny (ECS replaces it), no dashboard, no limit of its own."""
    flags = {"name": name, "nthreads": "1", "memory-limit": "0", "death-timeout": str(DEATH_SECONDS)}
    flags |= {"local-directory": str(folder)}
    flags |= {f"tls-{kind}": str(folder / f"{kind}.pem") for kind in ("ca-file", "cert", "key")}
    words = [word for flag, value in flags.items() for word in (f"--{flag}", value)]
    return [sys.executable, "-m", "dask", "worker", address, "--no-nanny", "--no-dashboard", *words]


def main() -> None:
    """Fetch the certificate, and become the worker."""
    from lotus.settings import Settings
    from lotus.workspace import open_store

    address, key = sys.argv[1:3]
    secrets = json.loads(open_store(Settings.read()).read(key))
    folder = Path(tempfile.mkdtemp(prefix="lotus-worker-"))  # readable by this user alone
    names = {"ca_file": "ca-file", "worker_cert": "cert", "worker_key": "key"}
    for secret, kind in names.items():
        (folder / f"{kind}.pem").write_text(secrets[secret])
    words = command(address, _name(), folder)
    os.execv(words[0], words)


def _name() -> str:
    """The task's id, by which the driver knows who has called."""
    place = os.environ.get(METADATA)
    if place is None:
        return f"worker-{os.getpid()}"
    import httpx

    return str(httpx.get(f"{place}/task", timeout=5).json()["TaskARN"].rsplit("/", 1)[-1])


if __name__ == "__main__":
    main()
