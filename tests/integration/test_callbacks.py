"""Loggers of renders: what they are told, that they break nothing, and MLflow's own files."""

from __future__ import annotations

import io
import json
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import lotus
from lotus.errors import InvalidInput, LotusError, UnknownName
from lotus.pipeline.attempt import nobody
from lotus.providers.functions import _REGISTERED
from tests.seeded_experiments import rated

BRIEF = {
    "prompt": "A small coffee roaster opens at dawn",
    "duration_seconds": 5,
    "fps": 2,
    "aspect_ratio": "1:1",
    "music": "none",
}


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    import numpy as np

    @lotus.provider("quick", version="1")
    def quick(seed: int, frames: int) -> Any:
        if seed > 90:
            raise ValueError("no such picture")
        return np.zeros((frames, 36, 64, 3), np.uint8)

    yield
    _REGISTERED.clear()


class Log:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def on_start(self, facts: Any) -> None:
        self.lines.append(("start", facts["provider"], facts["request"].prompt))

    def on_event(self, event: Any) -> None:
        self.lines.append(("event", event.kind))

    def on_end(self, job: lotus.Job) -> None:
        self.lines.append(("end", job.status))

    def on_error(self, error: BaseException) -> None:
        self.lines.append(("error", type(error).__name__))


def test_a_callback_is_told_of_the_whole_render() -> None:
    log = Log()
    lotus.render(BRIEF, provider="quick", callbacks=[log])
    assert log.lines[0] == ("start", "quick", BRIEF["prompt"])
    assert ("event", "stage") in log.lines
    assert log.lines[-1] == ("end", "completed")
    failed = Log()
    with pytest.raises(LotusError):
        lotus.render({**BRIEF, "seed": 100}, provider="quick", callbacks=failed)
    assert failed.lines[-1][0] == "error"
    beside = Log()
    lotus.submit(BRIEF, provider="quick", listener=nobody, callbacks=[beside]).result(60)
    assert beside.lines[-1] == ("end", "completed")


def test_a_fault_of_a_callback_is_a_warning() -> None:
    class Broken:
        def on_end(self, job: Any) -> None:
            raise OSError("the disk is full")

    with pytest.warns(UserWarning, match=r"callback Broken failed in on_end: OSError: the disk"):
        job = lotus.render(BRIEF, provider="quick", callbacks=[Broken()])
    assert job.status == "completed"


def test_a_callback_that_is_none_is_refused_before_anything() -> None:
    with pytest.raises(UnknownName, match="no callback 'mlfow'; did you mean 'mlflow'"):
        lotus.render(BRIEF, callbacks=["mlfow"])
    with pytest.raises(InvalidInput, match="int has none of on_start, on_event, on_end, on_error"):
        lotus.render(BRIEF, callbacks=[3])
    assert list(lotus.jobs().job_id) == []


def test_a_resumed_job_is_told_to_callbacks() -> None:
    import numpy as np

    broken = True

    @lotus.provider("passing", version="1")
    def passing(frames: int) -> Any:
        if broken:
            raise ValueError("not yet")
        return np.zeros((frames, 36, 64, 3), np.uint8)

    with pytest.raises(LotusError):
        lotus.render(BRIEF, provider="passing")
    [job_id] = lotus.jobs().job_id
    told: dict[str, Any] = {}

    class Seen(Log):
        def on_start(self, facts: Any) -> None:
            told.update(facts)

    failed, done = Seen(), Seen()
    with pytest.raises(LotusError):
        lotus.resume(job_id, callbacks=failed)
    assert failed.lines[-1] == ("error", "ClipFailed")
    broken = False
    lotus.resume(job_id, callbacks=[done])
    assert (told["job_id"], told["provider"], told["budget_usd"]) == (job_id, "passing", None)
    assert told["request"].brief.prompt == BRIEF["prompt"]
    assert done.lines[-1] == ("end", "completed")
    with pytest.raises(UnknownName, match="no callback 'mlfow'"):
        lotus.resume(job_id, callbacks=["mlfow"])


class FakeRun:
    """What WandbLogger uses of a run of wandb."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.name = "render"
        self.summary: dict[str, Any] = {}
        self.logged: dict[str, Any] = {}
        self.artifacts: list[Any] = []
        self.exit_code: int | None = None

    def log(self, values: dict[str, Any]) -> None:
        self.logged |= values

    def log_artifact(self, artifact: Any) -> None:
        self.artifacts.append(artifact)

    def finish(self, exit_code: int = 0) -> None:
        self.exit_code = exit_code


class FakeArtifact:
    """An artifact that is a text."""

    def __init__(self, name: str, type: str) -> None:
        self.kind, self.text = type, io.StringIO()

    @contextmanager
    def new_file(self, name: str, mode: str) -> Iterator[io.StringIO]:
        yield self.text


@pytest.fixture
def wandb_runs(monkeypatch: pytest.MonkeyPatch) -> list[FakeRun]:
    """Runs of a module that has what lotus uses of wandb."""
    runs: list[FakeRun] = []

    def init(**options: Any) -> FakeRun:
        runs.append(FakeRun(options))
        return runs[-1]

    module = types.ModuleType("wandb")
    content = {
        "init": init,
        "run": None,
        "Artifact": FakeArtifact,
        "Video": lambda path, format: path,
        "Table": dict,
    }
    vars(module).update(content)
    monkeypatch.setitem(sys.modules, "wandb", module)
    return runs


def test_wandb_keeps_a_run_of_each_render(
    wandb_runs: list[FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    job = lotus.render(BRIEF, provider="quick", callbacks=["wandb"])
    vars(sys.modules["wandb"])["run"] = FakeRun({})  # of the user
    with pytest.raises(LotusError):
        lotus.render({**BRIEF, "seed": 100}, provider="quick", callbacks=["wandb"])
    done, failed = wandb_runs
    assert done.options["project"] == "lotus"
    assert done.options["config"]["prompt"] == BRIEF["prompt"]
    assert done.options["config"]["provider"] == "quick"
    assert (done.summary["job_id"], done.summary["cost_usd"]) == (job.id, 0)
    assert done.summary["duration_seconds"] == 5
    assert done.logged["video"] == str(job.output)
    [artifact] = done.artifacts
    assert json.loads(artifact.text.getvalue())["brief"]["prompt"] == BRIEF["prompt"]
    assert (done.exit_code, failed.exit_code) == (0, 1)
    assert "no such picture" in failed.summary["error"]
    assert (failed.summary["stopped"], failed.options["group"]) == (False, "render")


@pytest.mark.slow  # with the package itself: pip install wandb
def test_wandb_itself_keeps_a_run_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb", reason="pip install wandb")
    for name, value in {"MODE": "offline", "DIR": str(tmp_path), "SILENT": "true"}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    from lotus.api.wandb_logger import WandbLogger

    finished: list[Any] = []
    monkeypatch.setattr(wandb.Run, "finish", _noting(wandb.Run.finish, finished))
    job = lotus.render(BRIEF, provider="quick", callbacks=[WandbLogger(project="ads")])
    with pytest.raises(LotusError):
        lotus.render({**BRIEF, "seed": 100}, provider="quick", callbacks=[WandbLogger()])
    done, failed = finished
    project, config, summary = done
    assert (project, config["prompt"]) == ("ads", BRIEF["prompt"])
    assert summary["job_id"] == job.id
    assert "no such picture" in failed[2]["error"]
    assert len(list(tmp_path.rglob("*.wandb"))) == 2
    assert list(tmp_path.rglob("*.mp4")), "the video is in the run's files"


def _noting(finish: Any, runs: list[Any]) -> Any:
    def noted(run: Any, *args: Any, **options: Any) -> None:
        runs.append((run.project, dict(run.config), dict(run.summary)))
        finish(run, *args, **options)

    return noted


def test_mlflow_keeps_a_run_of_each_render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow", reason="pip install -e '.[test]'")
    place = (tmp_path / "mlruns").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", place)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of MLflow, about its file store
        job = lotus.render(BRIEF, provider="quick", callbacks=["mlflow"])
        with pytest.raises(LotusError):
            lotus.render({**BRIEF, "seed": 100}, provider="quick", callbacks=["mlflow"])
        client = mlflow.MlflowClient(tracking_uri=place)
        experiment = client.get_experiment_by_name("lotus")
        failed, run = client.search_runs([experiment.experiment_id])
    assert run.data.params["prompt"] == BRIEF["prompt"]
    assert run.data.params["provider"] == "quick"
    assert run.data.metrics["cost_usd"] == 0
    assert run.data.metrics["duration_seconds"] == 5
    assert run.data.tags["lotus.job_id"] == job.id
    assert (run.info.status, failed.info.status) == ("FINISHED", "FAILED")
    assert "no such picture" in failed.data.tags["lotus.error"]
    assert job.output is not None
    kept = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
    assert kept == {"final.mp4", "storyboard.json"}


def test_wandb_keeps_a_run_of_an_experiment(wandb_runs: list[FakeRun], tmp_path: Path) -> None:
    rated(tmp_path / "home", ["black"]).log(["wandb"])
    (run,) = wandb_runs
    assert (run.options["name"], run.options["job_type"]) == ("seeded", "experiment")
    assert run.summary["cells_expired"] == 1
    cells = run.logged["cells"]
    assert cells["columns"][:3] == ["video", "style", "seed"]
    assert [row[0] is None for row in cells["data"]] == [n == 3 for n in range(6)]
    assert None in cells["data"][3][1:], "a value that is missing is no zero"
    assert list(run.logged["leaderboard_style"]["dataframe"]["name"]) == ["a", "b"]
    assert "by raters" in run.artifacts[0].text.getvalue()
    assert run.exit_code == 0


def test_mlflow_has_a_run_of_the_experiment_and_one_of_each_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="pip install -e '.[test]'")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "runs").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "openers")
    rated(tmp_path / "home", ["black"]).log("mlflow")
    client = mlflow.MlflowClient()
    known = client.get_experiment_by_name("openers").experiment_id
    runs = client.search_runs([known])
    (whole,) = [run for run in runs if "lotus.experiment_id" in run.data.tags]
    assert whole.data.metrics["cells_completed"] == 5
    assert whole.data.metrics["cells_expired"] == 1
    assert whole.data.metrics["spent_usd"] == pytest.approx(0.06)
    assert whole.data.metrics["judgements_style"] == 6
    assert whole.data.params["style"] == "a, b"
    names = {item.path for item in client.list_artifacts(whole.info.run_id)}
    assert names == {"cells.csv", "leaderboard_style.csv", "report.html"}
    cells = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == whole.info.run_id]
    assert sorted(run.info.status for run in cells) == ["FAILED", *["FINISHED"] * 5]
    for run in cells:
        there = run.info.status == "FINISHED"
        assert ("black" in run.data.metrics) == there, "a value that is missing is no zero"
        assert len(client.list_artifacts(run.info.run_id)) == there
