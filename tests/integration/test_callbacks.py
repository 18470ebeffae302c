"""Loggers of renders: what they are told, that they break nothing, and MLflow's own files."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lotus
from lotus.errors import InvalidInput, LotusError, UnknownName
from lotus.pipeline.attempt import nobody
from lotus.providers.functions import _REGISTERED

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
