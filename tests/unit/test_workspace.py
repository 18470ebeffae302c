"""Temporary folders of jobs: whose are swept, and whose are not."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from lotus.settings import Settings
from lotus.system.owner import this_machine
from lotus.workspace import DAY_SECONDS, Workspace


def test_only_what_nobody_works_in_is_swept(tmp_path: Path) -> None:
    workspace = Workspace(Settings.read(LOTUS_HOME=str(tmp_path)))
    gone = subprocess.Popen(["true"])
    gone.wait()
    here = this_machine().replace(":", ".")
    base = tmp_path / "temp"
    kept = ("other.host.7.abcd.x", f"{here}{os.getppid()}.abcd.x")
    swept = (f"{here}{gone.pid}.abcd.x", "old")
    for name in (*kept, *swept):
        (base / name).mkdir(parents=True)
    os.utime(base / "old", (time.time() - 2 * DAY_SECONDS,) * 2)
    with workspace.folder() as mine, workspace.folder() as too:
        assert {path.name for path in base.iterdir()} == {*kept, mine.name, too.name}
    assert {path.name for path in base.iterdir()} == set(kept)
