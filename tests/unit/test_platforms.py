"""Other systems: Windows is refused in one line, macOS does without what Linux has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from batch import Campaign
from batch.cluster.connect import Rows, _keep_to_share
from batch.rows import runs
from batch.rows.plan import CampaignOptions
from batch.run.descendants import end_descendants
from batch.run.oversight import used_bytes
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm.environments import can_fork, environment_of
from lotus.cli import main
from lotus.errors import InvalidInput
from lotus.system.parallel import cores
from lotus.system.platforms import check_platform
from lotus.system.processes import processor_use


def test_windows_is_refused_in_one_line_with_the_way_to_wsl(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "argv", ["lotus", "batch", "list"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "wsl --install" in line
    with pytest.raises(InvalidInput, match="not on Windows itself"):
        check_platform()


@pytest.fixture
def as_on_macos(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No /proc, no pinning to processors, no idle class, no forked kernels."""
    for name in ("sched_getaffinity", "sched_setaffinity", "SCHED_IDLE", "SCHED_BATCH"):
        monkeypatch.delattr(f"os.{name}", raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("lotus.system.processes._LIBC", None)
    for module in ("batch.run.descendants", "batch.run.oversight", "lotus.system.processes"):
        monkeypatch.setattr(f"{module}.Path", _without_proc)
    environment_of.cache_clear()
    yield
    environment_of.cache_clear()


def _without_proc(*parts: str) -> Path:
    path = Path(*parts)
    return Path("/no-such-folder") / path.relative_to("/") if path.parts[1:2] == ("proc",) else path


@pytest.mark.usefixtures("as_on_macos")
@pytest.mark.slow
def test_rows_run_stop_and_end_where_linux_is_missing(tmp_path: Path) -> None:
    assert not can_fork()
    assert cores() >= 1
    assert used_bytes(1) == 0
    assert processor_use(1) == (0.0, False)
    end_descendants({"LOTUS_RUN": "r"})
    _keep_to_share(0, 2)
    assert Rows(2)._workers == 2
    document = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    cells = ("seconds = 0", "import time\nprint('began')\ntime.sleep(seconds)")
    document.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    document.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(document, tmp_path / "mine.ipynb")  # type: ignore[no-untyped-call]
    (tmp_path / "m.csv").write_text("id,seconds\na,0\nb,60\n")
    options = CampaignOptions(retries=0, row_seconds=8)
    campaign = Campaign.from_csv(tmp_path / "m.csv", tmp_path / "mine.ipynb", options=options)
    place = WorkerResources(campaign.workspace, None, at_once=2)
    with campaign.workspace.db.begin() as connection:
        ids = {row["name"]: row["id"] for row in runs.list_runs(connection, campaign.id)}
    assert run_row(place, ids["a"]) == "completed"
    assert run_row(place, ids["b"]) == "failed"
    assert campaign.state.failures == (("b", "the row took more than 8 s"),)
