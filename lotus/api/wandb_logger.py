"""A run of Weights & Biases a render: parameters, costs and times, and the video to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lotus.api.callbacks import RenderCallback, error_words, metrics_of, parameters_of, was_stopped
from lotus.pipeline.job import Job
from lotus.system.distribution import import_extra

if TYPE_CHECKING:
    from lotus.experiments.logs import ExperimentLog

__all__ = ["WandbLogger"]


class WandbLogger(RenderCallback):
    """Writes to Weights & Biases: `callbacks=["wandb"]`, or with its options made here.

    Parameters
    ----------
    project
        The project's name; default: that of WANDB_PROJECT, or lotus.
    entity
        The user or team; default: as wandb itself decides.
    mode
        online, offline or disabled; default: that of WANDB_MODE, or online.
    video
        Whether the video and its storyboard are uploaded too.

    Each render is a run of its own; within a run of yours it has that run's name as its group.
    Needs wandb.
    """

    def __init__(
        self,
        project: str | None = None,
        entity: str | None = None,
        mode: str | None = None,
        video: bool = True,
    ) -> None:
        self._wandb = import_extra("wandb", install="wandb")
        self._options = {"project": project, "entity": entity, "mode": mode}
        self._video = video
        self._run: Any = None

    def on_start(self, facts: Mapping[str, Any]) -> None:
        """Create the run and log the request."""
        options = self._init_options()
        around = getattr(self._wandb, "run", None)
        if around is not None:
            options["group"] = around.name or around.id
        self._run = self._wandb.init(
            config=parameters_of(facts), job_type="render", reinit="create_new", **options
        )

    def on_end(self, job: Job) -> None:
        """Write what it cost and took, and the video."""
        if self._run is None:
            return
        self._run.summary.update({"job_id": job.id, **metrics_of(job)})
        if self._video and job.output is not None:
            self._run.log({"video": self._wandb.Video(str(job.output), format="mp4")})
        if self._video and job.storyboard is not None:
            artifact = self._wandb.Artifact(f"storyboard-{job.id}", type="storyboard")
            with artifact.new_file("storyboard.json", mode="w") as file:
                file.write(job.storyboard.model_dump_json(indent=2))
            self._run.log_artifact(artifact)
        self._run.finish()

    def on_error(self, error: BaseException) -> None:
        """Write why it failed."""
        if self._run is None:
            return
        self._run.summary.update({"error": error_words(error), "stopped": was_stopped(error)})
        self._run.finish(exit_code=1)

    def on_experiment(self, facts: ExperimentLog) -> None:
        """Write a run of the experiment: its numbers, tables of cells and ranks, the report."""
        self._run = self._wandb.init(
            config={**facts.parameters, "experiment_id": facts.id},
            name=facts.name,
            job_type="experiment",
            reinit="create_new",
            **self._init_options(),
        )
        self._run.summary.update(facts.metrics)
        cells = facts.cells.drop(columns=["key"]).astype(dict.fromkeys(facts.factors, str))
        columns = list(cells.columns)
        rows = cells.astype(object).where(cells.notna(), None).values.tolist()
        if self._video:
            files = [facts.videos.get(key) for key in facts.cells["key"]]
            videos = [self._wandb.Video(str(f), format="mp4") if f else None for f in files]
            columns = ["video", *columns]
            rows = [[video, *row] for video, row in zip(videos, rows, strict=True)]
        self._run.log({"cells": self._wandb.Table(columns=columns, data=rows)})
        for name, table in facts.leaderboards.items():
            self._run.log({name: self._wandb.Table(dataframe=table)})
        artifact = self._wandb.Artifact(f"experiment-{facts.id}", type="report")
        with artifact.new_file("report.html", mode="w") as file:
            file.write(facts.report)
        self._run.log_artifact(artifact)
        self._run.finish()

    def _init_options(self) -> dict[str, Any]:
        import os

        options: dict[str, Any] = {n: v for n, v in self._options.items() if v is not None}
        if "WANDB_PROJECT" not in os.environ:
            options.setdefault("project", "lotus")
        return options
