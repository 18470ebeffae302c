"""A worker on ECS: `python -m batch.cluster.worker ADDRESS KEY HOW` becomes a Dask worker with that
certificate.

HOW is the capacity provider and the way to the internet, such as FARGATE_SPOT,nat.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

__all__ = ["command", "main"]

DEATH_SECONDS = 60  # without a scheduler it ends: a driver that was killed leaves nothing behind


def command(address: str, name: str, folder: Path) -> list[str]:
    """The Dask worker: one row at a time, no nanny (ECS replaces it), no dashboard, no limit of its
    own.
    """
    flags = {
        "name": name,
        "nthreads": "1",
        "memory-limit": "0",
        "death-timeout": str(DEATH_SECONDS),
    }
    flags |= {"local-directory": str(folder)}
    flags |= {f"tls-{kind}": str(folder / f"{kind}.pem") for kind in ("ca-file", "cert", "key")}
    words = [word for flag, value in flags.items() for word in (f"--{flag}", value)]
    return [sys.executable, "-m", "dask", "worker", address, "--no-nanny", "--no-dashboard", *words]


def main() -> None:
    """Fetch the certificate, and become the worker."""
    from batch.run.ecs_task import HOW, this_task
    from lotus.settings import Settings
    from lotus.workspace import open_store

    address, key, os.environ[HOW] = sys.argv[1:4]
    secrets = json.loads(open_store(Settings.read()).read(key))
    folder = Path(tempfile.mkdtemp(prefix="lotus-worker-"))  # readable by this user alone
    names = {"ca_file": "ca-file", "worker_cert": "cert", "worker_key": "key"}
    for secret, kind in names.items():
        (folder / f"{kind}.pem").write_text(secrets[secret])
    task = this_task()  # by whose id the driver knows who has called
    words = command(address, task.id if task is not None else f"worker-{os.getpid()}", folder)
    os.execv(words[0], words)


if __name__ == "__main__":
    main()
