"""A campaign: many briefs by one notebook, as rows that are run, resumed, cancelled, retried and
reported.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batch.background import BackgroundRun
from batch.cluster.main_module import check_not_imported_by_worker
from batch.lifecycle import (
    cancel_campaign,
    change_all,
    create_campaign,
    end_campaign,
    start_campaign,
)
from batch.report.chains import with_chains
from batch.report.state import CampaignState, read_state
from batch.rows import runs
from batch.rows.addresses import local_file
from batch.rows.kernels import check_kernel
from batch.rows.plan import CampaignOptions, CampaignPlan, find_notebook
from lotus.money.budgets import dollars, set_budget
from lotus.system.frames import own
from lotus.system.platforms import check_platform
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client

__all__ = ["Campaign", "Listener"]

FEW = 2  # rows a worker: for so few, kernels import ahead only what the notebook names
Listener = Callable[[CampaignState], None]


def _nobody(state: CampaignState) -> None:
    return None


class Campaign:
    """One campaign of the database; made by `from_manifest` (or `from_csv` and so on) or found by
    `open`.
    """

    def __init__(
        self, workspace: Workspace, campaign_id: str, left_out: Sequence[str] = ()
    ) -> None:
        self.workspace = workspace
        self.id = campaign_id
        self._background: BackgroundRun[CampaignState] | None = None  # what `start` began
        self._place = ("local", 2)  # cluster and workers of the last run
        self.left_out = tuple(left_out)  # bad rows that are not run, a line each
        self.waiting_for = ""  # why no row begins yet: a scheduler that does not answer

    @classmethod
    def from_manifest(
        cls,
        manifest: str | Path,
        notebook: str | Path = "render",
        *,
        parameters: Mapping[str, Any] | None = None,
        budget_usd: Decimal | float | str | None = None,
        options: CampaignOptions | None = None,
        schedule: str | None = None,
        skip_bad: bool = False,
        new: bool = False,
        approve: bool = False,
        kernel: str | None = None,
        cwd: str | Path | None = None,
        files: Sequence[str | Path] = (),
        workspace: Workspace | None = None,
    ) -> Campaign:
        """The campaign of a manifest: the one that exists already, if it is the same in all parts.

        Every row is checked first; raises InvalidManifest with all that is wrong, and nothing is
        started. With `approve`, `run` makes drafts of all rows, and later those rows that the
        method `approve` names.
        """
        path = find_notebook(str(notebook))
        plan = CampaignPlan(
            local_file(manifest),
            path,
            dict(parameters or {}),
            schedule,
            skip_bad,
            new,
            approve,
            kernel,
            Path(cwd) if cwd is not None else None,
            tuple(map(Path, files)),
        )
        return cls.from_plan(plan, budget_usd=budget_usd, options=options, workspace=workspace)

    from_csv = from_jsonl = from_parquet = from_yaml = from_manifest

    @classmethod
    def from_plan(
        cls,
        plan: CampaignPlan,
        *,
        budget_usd: Decimal | float | str | None = None,
        options: CampaignOptions | None = None,
        workspace: Workspace | None = None,
    ) -> Campaign:
        """See `from_manifest`."""
        check_platform()
        check_not_imported_by_worker()
        workspace = workspace or Workspace.open()
        plan = with_chains(replace(plan, store=workspace.store), workspace)
        # refused before anything is kept
        limit = dollars(budget_usd) if budget_usd is not None else None
        options = options or CampaignOptions()
        _, left_out = plan.check(options)
        campaign = cls(workspace, plan.id, left_out)
        source = campaign._copy({"source.ipynb": plan.notebook_bytes, **plan.copies()})
        facts = {**asdict(options), **plan.settings()}
        workspace.db.run(create_campaign, plan, source, facts, limit)
        return campaign

    @classmethod
    def open(cls, campaign_id: str, workspace: Workspace | None = None) -> Campaign:
        """A campaign by its id, or the beginning or end of it."""
        workspace = workspace or Workspace.open()
        return cls(workspace, workspace.db.ask(runs.find_campaign, campaign_id)["id"])

    @property
    def state(self) -> CampaignState:
        """How it stands now."""
        return read_state(self.workspace, self.id)

    def run(
        self,
        cluster: str = "local",
        *,
        workers: int = 2,
        limit: int | None = None,
        listener: Listener = _nobody,
        on_dashboard: Callable[[str], None] = lambda link: None,
        on_wait: Callable[[str], None] = lambda message: None,
    ) -> CampaignState:
        """Run what is not complete and has not failed (`retry` is for that), on `local` or a Dask
        address.

        `limit` rows at most; `listener` hears the state about every second, `on_wait` that a
        scheduler does not answer yet. Raises
        KeyboardInterrupt after rows that were under way on this machine were given back (workers
        elsewhere end theirs), WorkError if the scheduler goes away.
        """
        self._place = (cluster, workers)
        options = self.workspace.db.ask(runs.get_campaign, self.id)["options"]
        if cluster == "local" and "kernel" in options:
            check_kernel(options["kernel"])
        with self._scheduler(cluster, on_wait) as scheduler:
            some = self._begin()
            try:
                how = (cluster, workers, some, options, limit, lambda: listener(self.state))
                self._run_rows(*how, on_dashboard, scheduler)
            finally:
                self._end()
        state = self.state
        listener(state)
        return state

    @contextmanager
    def _scheduler(self, cluster: str, on_wait: Callable[[str], None]) -> Iterator[Client | None]:
        """A client of a scheduler by its address; nothing runs until it answers."""
        if cluster == "local":  # which needs no Dask, if its rows are few
            yield None
            return
        from batch.cluster.scheduler import scheduler_client

        def tell(message: str) -> None:
            self.waiting_for = message
            if message:
                on_wait(message)

        with scheduler_client(cluster, tell) as client:
            yield client

    def _run_rows(
        self,
        cluster: str,
        workers: int,
        some: str | None,
        options: dict[str, Any],
        limit: int | None,
        tick: Callable[[], None],
        on_dashboard: Callable[[str], None],
        scheduler: Client | None,
    ) -> None:
        """In threads of this process, if no worker would have two; on a cluster otherwise."""
        remaining = self.workspace.db.ask(runs.remaining, self.id)
        count = min(remaining, limit or remaining)
        preload = options.get("preload") if count <= FEW * workers else None
        if cluster == "local" and count <= workers:
            from batch.cluster.in_process import run_in_process

            how = (self.workspace, self.id, min(workers, max(1, count)), preload)
            run_in_process(*how, limit=limit, tick=tick)
            return
        from batch.cluster.connect import connection_to
        from batch.cluster.driver import drive

        place = (cluster, workers, some, self.id, options, preload, scheduler)
        with connection_to(*place) as client:
            if preload is None:
                on_dashboard(client.dashboard_link)
            drive(self.workspace.db, self.id, client, limit=limit, tick=tick)

    resume = run

    def start(
        self, cluster: str | None = None, *, workers: int | None = None, limit: int | None = None
    ) -> Self:
        """Run as `run` does, without waiting: cells after it go on. `await campaign` waits.

        Without a cluster or a number of workers it runs where it ran last. It ends with the
        notebook's kernel, and goes on when it is started again. One that is under way goes on as
        it is, and takes in rows that wait again meanwhile.
        """
        if self._background is not None and self._background.repeat():
            return self
        place = (cluster or self._place[0], workers or self._place[1])

        def run() -> CampaignState:
            return self.run(place[0], workers=place[1], limit=limit)

        def again() -> CampaignState:
            state = self.state
            remaining = state.counts["queued"] - state.counts["waiting"]
            return run() if remaining or state.counts["cancelled"] else state

        self._background = BackgroundRun(f"campaign {self.id}", run, again)
        return self

    @property
    def started(self) -> bool:
        """Whether what `start` began is under way."""
        return self._background is not None and self._background.under_way

    @property
    def failure(self) -> str | None:
        """The error that ended what `start` began, if one did: rows that failed are no error."""
        return self._background.failure if self._background is not None else None

    def wait(self, seconds: float | None = None) -> CampaignState:
        """Wait until what `start` began is over; raises TimeoutError after so many seconds."""
        return self._background.wait(seconds) if self._background is not None else self.state

    def __await__(self) -> Generator[Any, None, CampaignState]:
        if self._background is None:
            self.start()
        assert self._background is not None
        return self._background.__await__()

    def widget(self) -> Any:
        """A live view in JupyterLab: how it stands, its rows, and what can be done with them."""
        from batch.report.widget import campaign_widget

        return campaign_widget(self)

    def _begin(self) -> str | None:
        """It runs, and is this process'; one of its rows."""
        return self.workspace.db.run(start_campaign, self.id)

    def _end(self) -> None:
        self.workspace.db.run(end_campaign, self.id)

    def set_budget(self, limit_usd: Decimal | float | str) -> None:
        """No more than this is spent, with what was spent already. Raises InvalidInput."""
        limit = dollars(limit_usd)
        self.workspace.db.run(set_budget, "campaign", self.id, limit)

    def cancel(self) -> CampaignState:
        """Nothing more begins; what runs is stopped within seconds, saved, and cancelled."""
        self.workspace.db.run(cancel_campaign, self.id)
        return self.state

    def approve(self, names: tuple[str, ...] = ()) -> int:
        """Rows whose drafts wait (all, or those with these ids) are to be made for good; how many.

        `run` then makes them. Raises InvalidInput if one of these ids does not wait; none is
        approved then.
        """
        return self.workspace.db.run(change_all, names, "wait for approval", runs.approve, self.id)

    def retry(self, names: tuple[str, ...] = (), notebook: str | Path | None = None) -> int:
        """Failed rows (all, or those with these ids) wait again; how many. `run` then runs them.

        With a `notebook`, all rows that are yet to run are run by it: one that was corrected.
        Raises InvalidInput if one of these ids has not failed; none waits again then.
        """
        if notebook is not None:
            self._use_notebook(find_notebook(str(notebook)))
        return self.workspace.db.run(
            change_all, names, "have failed", runs.requeue, self.id, ["failed"]
        )

    def _use_notebook(self, path: Path) -> None:
        """Another notebook from now on, and modules as they are now; raises InvalidInput if it
        lacks parameters of the old.
        """
        from batch.rows.notebooks import replacement

        campaign = self.workspace.db.ask(runs.get_campaign, self.id)
        options = campaign["options"]
        old = self.workspace.store.path(campaign["source"]).read_bytes()
        content, digest = replacement(path, old)
        copies = {f"source-{digest[:12]}.ipynb": content}
        folder = Path(options.get("cwd", path.parent))
        if folder.is_dir():
            plan = CampaignPlan(Path(), path, kernel_name=options.get("kernel"), folder=folder)
            options = plan.surroundings.renew(options)
            copies |= plan.copies()
        source = self._copy(copies)
        options = {**options, "source_sha256": digest}
        values = {"source": source, "notebook": path.name[:255], "options": options}
        self.workspace.db.run(runs.use_notebook, self.id, values)

    def _copy(self, contents: Mapping[str, bytes]) -> str:
        """Put files into the campaign's folder of the store; the key of the first."""
        with self.workspace.folder() as folder:
            for name, content in contents.items():
                (folder / name).write_bytes(content)
                self.workspace.store.put(folder / name, f"runs/{self.id}/{name}")
        return f"runs/{self.id}/{next(iter(contents))}"

    def changed_modules(self) -> list[str]:
        """Modules beside the notebook that were saved since the campaign began, if this is their
        machine: rows import the campaign's copies instead.
        """
        from batch.run.place import modules_changed

        return modules_changed(self.workspace, self.workspace.db.ask(runs.get_campaign, self.id))

    def diff(self, other: Campaign) -> pd.DataFrame:
        """The rows of this campaign, and why each runs although `other` has run: what differs."""
        import pandas as pd

        from batch.report.differences import row_differences

        return own(pd.DataFrame(row_differences(self.workspace, other.id, self.id)))

    def results(self) -> pd.DataFrame:
        """A row a run: status, seconds, cost, notebook, video, all parameters and all records.

        Figures and files are their places in the store; what a row has not is missing.
        """
        from batch.report.results import frame_of

        return frame_of(self.workspace, self.id)

    def to_pandas(self) -> pd.DataFrame:
        """A row a run: status, attempts, seconds, cost, notebook, video."""
        from batch.report.export import COLUMNS, run_rows
        from lotus.reports import frame

        return frame(list(run_rows(self.workspace, self.id)), COLUMNS)

    def report(self, folder: str | Path) -> Path:
        """Write report.html and report.csv to a folder; returns the page."""
        from batch.report.export import write_report

        return write_report(self.workspace, self.id, Path(folder))

    def __repr__(self) -> str:
        return str(self.state)

    def _repr_html_(self) -> str:
        from itertools import islice

        from batch.report.export import run_rows
        from batch.report.page import STRIP, Links, notebook_html

        videos = (row for row in run_rows(self.workspace, self.id) if row["keys"]["poster"])
        links = Links(self.workspace.store, Path.cwd())
        return notebook_html(self.state, islice(videos, STRIP), links)
