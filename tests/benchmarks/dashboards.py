"""How fast dashboards show fresh data, against plain Voilà on the same notebook.

    python -m tests.benchmarks.dashboards [--jobs 100000] [--entries 1000000] [--runs 5] [--viewers
    5]

Seeds a database, asks every question, then opens the results in Chromium: as a page, as a notebook
with a warm kernel and without, and with plain Voilà; each run adds a job and waits until its card
is visible. Runs alternate; medians.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

import dashboards
from dashboards.questions import QUESTIONS, answer
from lotus.db import records
from lotus.db import tables as t
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import fill, seed
from tests.site import browser, looking, serving

NOTEBOOK = Path(dashboards.__file__).with_name("results.ipynb")


def ask_all(workspace: Workspace, job_id: str, runs: int) -> None:
    """Every question, alone."""
    how: dict[str, dict[str, Any]] = {
        "video": {"job_id": job_id},
        "compared": {"job_ids": [job_id]},
    }
    print(f"\n{'question':<40}{'median ms':>10}{'worst ms':>10}")
    asked = [(name, how.get(name, {})) for name in QUESTIONS if name != "doctor"]
    asked += [
        ("videos", {"status": "failed", "hours": 24, "sort": "cost"}),
        ("videos", {"sort": "cost"}),
    ]
    asked += [
        ("spending", {"by": "brand", "days": 30}),
        ("videos", {"text": "roaster", "offset": 2400}),
    ]
    for name, parameters in asked:
        took = [
            _timed(lambda n=name, p=parameters: answer(workspace, n, p)) * 1000 for _ in range(runs)
        ]
        shown = name + (f" {parameters}" if name not in how and parameters else "")
        print(f"{shown[:39]:<40}{statistics.median(took):>10.1f}{max(took):>10.1f}")


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def plain(home: Path) -> Iterator[str]:
    """Voilà as it comes, on the same notebook; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "voila", str(NOTEBOOK), "--no-browser", f"--port={port}"]
    environment = {**os.environ, "LOTUS_HOME": str(home)}
    child = subprocess.Popen(command, env=environment, cwd=home, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as reached:
                if reached.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        child.terminate()
        child.wait(20)


def visible(
    running: Any, url: str, workspace: Workspace, name: str
) -> tuple[float, float, float, float]:
    """Seconds until a job that was just added is shown, until a filter has been answered, and the
    megabytes that came.
    """
    seed_one(workspace, name)
    weight = 0
    with looking(running) as seen:

        def weigh(request: Any) -> None:
            nonlocal weight
            weight += request.sizes()["responseBodySize"]

        seen.page.on("requestfinished", weigh)
        began = time.perf_counter()
        seen.page.goto(url, wait_until="commit")
        seen.page.get_by_text(name, exact=False).first.wait_for()
        took = time.perf_counter() - began
        filters = seen.page.get_by_label("Status")
        usable = answered = float("nan")
        if "plain" not in name:  # which has no page to open again
            filters.first.wait_for()
            usable = time.perf_counter() - began
            chosen_at = time.perf_counter()
            filters.select_option("queued")
            seen.page.wait_for_url("**status=queued**")
            seen.page.locator(".count", has_text="of").wait_for()
            answered = time.perf_counter() - chosen_at
        seen.page.wait_for_timeout(500)
    return took, usable, answered, weight / 1e6


def seed_one(workspace: Workspace, name: str) -> None:
    """One more job, the newest."""
    with workspace.db.begin() as connection:
        records.create_job(
            connection,
            kind="ad",
            prompt=name,
            provider="animatic",
            model=None,
            planner="template",
            campaign=None,
            run=None,
            brief={"aspect_ratio": "16:9"},
            storyboard=None,
        )


def memory(running: Any, site: Any, viewers: int) -> float:
    """Megabytes of a viewer's kernel that are its own, with several looking."""
    with ExitStack() as many:
        for _ in range(viewers):
            seen = many.enter_context(looking(running))
            seen.page.goto(site.at("notebooks/results"))
            seen.page.locator(".card").first.wait_for()
        children = psutil.Process(site.process.pid).children(recursive=True)
        own = [
            p.memory_full_info().uss / 1e6
            for p in children
            if "ipykernel_launcher" in " ".join(p.cmdline())
        ]
    return statistics.median(own)


def _print(found: dict[str, list[tuple[float, float, float, float]]]) -> None:
    columns = ("data s", "ratio", "filters s", "filtered s", "MB")
    print("\n" + f"{'medians':<16}" + "".join(f"{name:>11}" for name in columns))
    slowest = statistics.median(seen for seen, *_ in found["plain Voilà"])
    for name, runs in found.items():
        seen, usable, answered, _ = (
            statistics.median(values) for values in zip(*runs, strict=True)
        )
        numbers = (seen, seen / slowest, usable, answered, max(mb for *_, mb in runs))
        print(f"{name:<16}" + "".join(f"{number:>11.2f}" for number in numbers))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--viewers", type=int, default=5)
    how = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        workspace = Workspace.open(Settings(LOTUS_HOME=home))
        seed(workspace.db, now=t.now())
        ask_all(workspace, fill(workspace.db, how.jobs, how.entries), how.runs)
        with ExitStack() as up:
            running = up.enter_context(browser())
            own = home / "pages"
            own.mkdir()
            shutil.copy(NOTEBOOK, own)
            warm = up.enter_context(serving(home, "--warm", "2", LOTUS_DASHBOARDS=str(own)))
            cold = up.enter_context(serving(home, "--warm", "0", LOTUS_DASHBOARDS=str(own)))
            other = up.enter_context(plain(home))
            places = {"page": cold.at("results"), "plain Voilà": other}
            places["notebook, warm"] = warm.at("notebooks/results")
            places["notebook, cold"] = cold.at("notebooks/results")
            time.sleep(20)  # until the warm kernels are
            found: dict[str, list[tuple[float, float, float, float]]] = {
                name: [] for name in places
            }
            for n in range(how.runs):
                for name, url in places.items():
                    found[name].append(
                        visible(running, url, workspace, f"Fresh {n} {name.replace(' ', '')}")
                    )
                time.sleep(8)  # a kernel is warmed again meanwhile
            _print(found)
            print(
                f"\nmemory of a viewer's kernel alone: {memory(running, warm, how.viewers):.0f} MB"
            )


if __name__ == "__main__":
    main()
