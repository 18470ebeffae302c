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
    """One campaign of the database; `from_manifest` or `open` returns it.

    Parameters
    ----------
    workspace
        Database and store of the campaign.
    campaign_id
        Its whole id.
    left_out
        A line for each invalid row that is skipped.
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
        """Create the campaign of a manifest, or find the one with the same parts.

        Every row is checked first; nothing is started.

        Parameters
        ----------
        manifest
            CSV, Parquet, JSON lines or a grid in YAML: a path or an address.
        notebook
            Path of a notebook, or the name of one of lotus: `render`, `compare`, ...
        parameters
            Parameters for all rows.
        budget_usd
            Limit of the whole campaign in US dollars.
        options
            Retries and limits of rows.
        schedule
            Name of a schedule: one campaign a day.
        skip_bad
            Skip invalid rows instead of refusing the manifest.
        new
            Start a new campaign instead of continuing the same one.
        approve
            Make drafts first; the method `approve` chooses the rows that become final videos.
        kernel
            Name of a kernel to use instead of the notebook's own.
        cwd
            Folder in which rows run; default: the notebook's own.
        files
            Modules, folders and data files to send to the workers.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Campaign
            The campaign, with what is completed of it.

        Raises
        ------
        InvalidManifest
            If rows are wrong; it names all of them.
        InvalidInput
            If the manifest, the notebook or an argument is wrong.
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
        """Create the campaign of a plan, as `from_manifest` does.

        Parameters
        ----------
        plan
            Manifest, notebook and settings.
        budget_usd
            Limit of the whole campaign in US dollars.
        options
            Retries and limits of rows.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Campaign
            The campaign, with what is completed of it.

        Raises
        ------
        InvalidInput
            If the plan is wrong; nothing is started.
        """
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
        """Find a campaign.

        Parameters
        ----------
        campaign_id
            Its id, or the beginning or end of it.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Campaign
            The campaign.

        Raises
        ------
        InvalidInput
            If there is not just one.
        """
        workspace = workspace or Workspace.open()
        return cls(workspace, workspace.db.ask(runs.find_campaign, campaign_id)["id"])

    @property
    def state(self) -> CampaignState:
        """Rows by status, cost and time, as they are now."""
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
        """Run the remaining rows and wait for them; `retry` is for failed ones.

        Parameters
        ----------
        cluster
            `local`, or the address of a Dask scheduler.
        workers
            Number of rows that run at a time on this machine.
        limit
            Maximum number of rows.
        listener
            Called with the state about every second.
        on_dashboard
            Called with the address of Dask's dashboard.
        on_wait
            Called with a message while a scheduler does not answer yet.

        Returns
        -------
        CampaignState
            The state at the end; failed rows raise nothing.

        Raises
        ------
        KeyboardInterrupt
            After rows that ran on this machine wait again.
        WorkError
            If the scheduler goes away.
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
        """Run as `run` does, without waiting; `await campaign` waits.

        The run ends with the notebook's kernel, and continues when it is started again. A run
        that is under way takes in rows that wait again.

        Parameters
        ----------
        cluster
            `local`, or the address of a Dask scheduler; default: where it ran last.
        workers
            Number of rows that run at a time; default: as many as last time, or 2.
        limit
            Maximum number of rows.

        Returns
        -------
        Campaign
            This campaign.
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
        """True while a run of `start` is under way."""
        return self._background is not None and self._background.under_way

    @property
    def failure(self) -> str | None:
        """The error that ended the run of `start`, if one did; failed rows are none."""
        return self._background.failure if self._background is not None else None

    def wait(self, seconds: float | None = None) -> CampaignState:
        """Wait for the run of `start`.

        Parameters
        ----------
        seconds
            Maximum time to wait; default: no limit.

        Returns
        -------
        CampaignState
            The state at the end.

        Raises
        ------
        TimeoutError
            If the run takes longer.
        """
        return self._background.wait(seconds) if self._background is not None else self.state

    def __await__(self) -> Generator[Any, None, CampaignState]:
        if self._background is None:
            self.start()
        assert self._background is not None
        return self._background.__await__()

    def widget(self) -> Any:
        """Show a live table in JupyterLab, with buttons: start, retry, approve, cancel.

        Returns
        -------
        ipywidgets.Widget
            The table.
        """
        from batch.report.widget import campaign_widget

        return campaign_widget(self)

    def _begin(self) -> str | None:
        """It runs, and is this process'; one of its rows."""
        return self.workspace.db.run(start_campaign, self.id)

    def _end(self) -> None:
        self.workspace.db.run(end_campaign, self.id)

    def set_budget(self, limit_usd: Decimal | float | str) -> None:
        """Set the limit of all spending of the campaign, including what is spent already.

        Parameters
        ----------
        limit_usd
            The limit in US dollars.

        Raises
        ------
        InvalidInput
            If it is not an amount.
        """
        limit = dollars(limit_usd)
        self.workspace.db.run(set_budget, "campaign", self.id, limit)

    def cancel(self) -> CampaignState:
        """Cancel the campaign: no further row starts; running rows are stopped and saved.

        Returns
        -------
        CampaignState
            The state now.
        """
        self.workspace.db.run(cancel_campaign, self.id)
        return self.state

    def approve(self, names: tuple[str, ...] = ()) -> int:
        """Approve drafts; `run` then makes their final videos.

        Parameters
        ----------
        names
            Ids of rows; default: all whose drafts wait.

        Returns
        -------
        int
            The number of approved rows.

        Raises
        ------
        InvalidInput
            If one of these rows does not wait for approval; none is approved then.
        """
        return self.workspace.db.run(change_all, names, "wait for approval", runs.approve, self.id)

    def retry(self, names: tuple[str, ...] = (), notebook: str | Path | None = None) -> int:
        """Queue failed rows again; `run` then runs them.

        Parameters
        ----------
        names
            Ids of rows; default: all that have failed.
        notebook
            A corrected notebook for all rows that are yet to run.

        Returns
        -------
        int
            The number of queued rows.

        Raises
        ------
        InvalidInput
            If one of these rows has not failed, or the notebook lacks a parameter; nothing is
            changed then.
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
        """List modules beside the notebook that were saved since the campaign began.

        Rows import the campaign's copies instead.

        Returns
        -------
        list of str
            Their names; empty on another machine.
        """
        from batch.run.place import modules_changed

        return modules_changed(self.workspace, self.workspace.db.ask(runs.get_campaign, self.id))

    def diff(self, other: Campaign) -> pd.DataFrame:
        """Compare with an earlier campaign: which rows of this one run again, and why.

        Parameters
        ----------
        other
            The earlier campaign.

        Returns
        -------
        pandas.DataFrame
            A row for each row of the manifest.
        """
        import pandas as pd

        from batch.report.differences import row_differences

        return own(pd.DataFrame(row_differences(self.workspace, other.id, self.id)))

    def results(self) -> pd.DataFrame:
        """Collect the results.

        Returns
        -------
        pandas.DataFrame
            A row for each run: status, seconds, cost, notebook, video, parameters and records.
            Figures and files are their places in the store; missing values are NaN.
        """
        from batch.report.results import frame_of

        return frame_of(self.workspace, self.id)

    def to_pandas(self) -> pd.DataFrame:
        """Collect the state of the runs.

        Returns
        -------
        pandas.DataFrame
            A row for each run: status, attempts, seconds, cost, notebook, video.
        """
        from batch.report.export import COLUMNS, run_rows
        from lotus.reports import frame

        return frame(list(run_rows(self.workspace, self.id)), COLUMNS)

    def report(self, folder: str | Path) -> Path:
        """Write report.html and report.csv.

        Parameters
        ----------
        folder
            The folder for both.

        Returns
        -------
        Path
            The page.
        """
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
