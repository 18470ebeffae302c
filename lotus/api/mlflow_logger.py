"""A run of MLflow a render: parameters, costs and times, and the video as an artifact."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lotus.api.callbacks import RenderCallback, error_words, metrics_of, parameters_of, was_stopped
from lotus.pipeline.job import Job
from lotus.system.distribution import import_extra

if TYPE_CHECKING:
    from lotus.experiments.logs import ExperimentLog

__all__ = ["MLflowLogger"]

LONGEST = 6000  # characters of a parameter that MLflow keeps
PARENT = "mlflow.parentRunId"


class MLflowLogger(RenderCallback):
    """Writes to MLflow's tracking: `callbacks=["mlflow"]`, or with its options made here.

    Parameters
    ----------
    experiment
        The experiment's name; default: that of MLFLOW_EXPERIMENT_NAME, or lotus.
    tracking_uri
        Where MLflow keeps runs; default: as MLflow itself decides.
    artifacts
        Whether videos and storyboards are kept there too.

    Within `mlflow.start_run()` the render is a child of that run. Needs mlflow or mlflow-skinny.
    """

    def __init__(
        self, experiment: str | None = None, tracking_uri: str | None = None, artifacts: bool = True
    ) -> None:
        self._mlflow = import_extra("mlflow", install="mlflow")
        self._client = self._mlflow.MlflowClient(tracking_uri=tracking_uri)
        self._experiment = experiment
        self._artifacts = artifacts
        self.run_id: str | None = None

    def on_start(self, facts: Mapping[str, Any]) -> None:
        """Create the run and log the request."""
        parent = self._mlflow.active_run()
        tags = {PARENT: parent.info.run_id} if parent is not None else {}
        experiment = parent.info.experiment_id if parent is not None else self._experiment_id()
        run = self._client.create_run(experiment, tags=tags)
        self.run_id = run.info.run_id
        for name, value in parameters_of(facts).items():
            self._client.log_param(self.run_id, name, value[:LONGEST])

    def on_end(self, job: Job) -> None:
        """Write what it cost and took, and keep the video."""
        run = self.run_id
        if run is None:
            return
        self._client.set_tag(run, "lotus.job_id", job.id)
        self._client.set_tag(run, "mlflow.runName", job.id)
        for name, value in metrics_of(job).items():
            self._client.log_metric(run, name, value)
        if self._artifacts:
            if job.output is not None:
                self._client.log_artifact(run, str(job.output))
            if job.storyboard is not None:
                text = job.storyboard.model_dump_json(indent=2)
                self._client.log_text(run, text, "storyboard.json")
        self._client.set_terminated(run, "FINISHED")

    def on_error(self, error: BaseException) -> None:
        """Write why it failed."""
        if self.run_id is None:
            return
        self._client.set_tag(self.run_id, "lotus.error", error_words(error)[:LONGEST])
        self._client.set_terminated(self.run_id, "KILLED" if was_stopped(error) else "FAILED")

    def on_experiment(self, facts: ExperimentLog) -> None:
        """Write a run of the experiment and, as its children, one of each cell."""
        experiment = self._experiment_id()
        tags = {"lotus.experiment_id": facts.id}
        run = self._client.create_run(experiment, tags=tags, run_name=facts.name).info.run_id
        self.run_id = str(run)
        self._write(run, facts.parameters, facts.metrics)
        for name, table in {"cells": facts.cells, **facts.leaderboards}.items():
            self._client.log_text(run, table.to_csv(index=False), f"{name}.csv")
        self._client.log_text(run, facts.report, "report.html")
        for cell in facts.cells.to_dict("records"):
            child = self._client.create_run(experiment, tags={PARENT: run}).info.run_id
            self._client.set_tag(child, "lotus.cell", cell["key"])
            parameters = {name: str(cell[name]) for name in facts.factors}
            numbers = {n: cell[n] for n in facts.numbers if cell[n] == cell[n]}
            self._write(child, {**parameters, "status": cell["status"]}, numbers)
            video = facts.videos.get(cell["key"])
            if self._artifacts and video is not None:
                self._client.log_artifact(child, str(video))
            made = cell["status"] == "completed"
            self._client.set_terminated(child, "FINISHED" if made else "FAILED")
        self._client.set_terminated(run, "FINISHED")

    def _write(self, run: str, parameters: Mapping[str, str], numbers: Mapping[str, float]) -> None:
        """Write both in one request: an experiment has a run for each of many cells."""
        entities = self._mlflow.entities
        now = int(time.time() * 1000)
        params = [entities.Param(name, value[:LONGEST]) for name, value in parameters.items()]
        metrics = [entities.Metric(name, value, now, 0) for name, value in numbers.items()]
        self._client.log_batch(run, metrics=metrics, params=params)

    def _experiment_id(self) -> str:
        import os

        name = self._experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME", "lotus")
        experiment = self._client.get_experiment_by_name(name)
        experiment_id = (
            self._client.create_experiment(name) if experiment is None else experiment.experiment_id
        )
        return str(experiment_id)
