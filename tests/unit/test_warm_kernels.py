"""Kernels that are forked ahead: each is fresh, none stays, and what it used is known."""

from __future__ import annotations

import asyncio
import html
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import papermill
import pytest
import zmq
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from batch.run.engine import ENGINE
from batch.run.notebook_run import NotebookRun
from batch.run.redaction import MASK, redact, secrets_in
from batch.warm import KernelPool
from batch.warm.channels import WAKING_CLIENT
from batch.warm.environments import environment_of
from lotus.errors import RenderFailed
from tests.driving import eventually

SECRET = "planted-" + "token" * 3


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    with KernelPool(spare=1, preload=("numpy",)) as made:
        yield made


def notebook(*cells: str) -> Any:
    """A notebook whose first cell takes parameters."""
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    made.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    made.cells[0].metadata["tags"] = ["parameters"]
    return made


def execute(
    pool: KernelPool | None, made: Any, watch: NotebookRun | None = None, **options: Any
) -> list[str]:
    """What the notebook prints, a text a cell."""
    done = papermill.execute_notebook(
        made,
        None,
        engine_name=ENGINE,
        progress_bar=False,
        pool=pool,
        watch=watch or NotebookRun(),
        **options,
    )
    return [
        "".join(output.get("text", "") for output in cell.get("outputs", ())) for cell in done.cells
    ]


def test_programs_of_cells_have_the_users_environment(pool: KernelPool) -> None:
    spin = "OPENBLAS_THREAD_TIMEOUT"
    cells = ("import os", f"print(os.environ.get({spin!r}))")
    assert execute(pool, notebook(*cells))[1] == f"{os.environ.get(spin)}\n"


def test_a_notebook_runs_as_under_papermill(pool: KernelPool) -> None:
    made = notebook(
        "x = 1", "print(x * 2)", "import sys; print('late', file=sys.stderr)", "{'a': [x]}"
    )
    kept: list[Any] = []
    watch = NotebookRun(env={"LOTUS_RUN": "r1"})
    assert execute(pool, made, watch, parameters={"x": 21}, keep=kept.append)[2] == "42\n"
    assert kept[-1].cells[-1].outputs[0]["data"]["text/plain"] == "{'a': [21]}"
    assert kept[-1].metadata.papermill.parameters == {"x": 21}
    assert kept[-1].metadata.language_info.name == "python"
    assert watch.kernel_exit is not None
    assert watch.kernel_exit.peak_bytes > 10_000_000
    assert 0 < watch.kernel_exit.cpu_seconds < 10


def test_runs_share_nothing(pool: KernelPool) -> None:
    cell = (
        "import os, random, numpy\n"
        "print(os.getpid(), random.random(), numpy.random.random(), 'left' in globals(), "
        "os.getcwd(),"
        " os.environ.get('LOTUS_RUN'))\n"
        "left = os.environ['LEFT'] = '1'; os.chdir('/')"
    )
    said = [
        execute(pool, notebook("x = 1", cell), NotebookRun(env={"LOTUS_RUN": f"r{n}"}))[1]
        for n in range(3)
    ]
    pids, randoms, numpys, *_ = zip(*(line.split() for line in said), strict=True)
    assert len(set(pids)) == len(set(randoms)) == len(set(numpys)) == 3
    assert [line.split()[3:] for line in said] == [
        ["False", os.getcwd(), f"r{n}"] for n in range(3)
    ]


def test_a_kernel_gets_its_share_of_the_processors(pool: KernelPool) -> None:
    core = min(os.sched_getaffinity(0))
    said = execute(
        pool, notebook("import os", "print(os.sched_getaffinity(0))"), NotebookRun(cores=[core])
    )
    assert said[1] == f"{{{core}}}\n"


def test_a_killed_kernel_is_noticed_and_its_memory_told(pool: KernelPool) -> None:
    made = notebook(
        "x = 1",
        "import os, signal; b = bytearray(80_000_000); os.kill(os.getpid(), signal.SIGKILL)",
    )
    kept: list[Any] = []
    watch = NotebookRun()
    with pytest.raises(DeadKernelError):
        execute(pool, made, watch, keep=kept.append)
    assert watch.kernel_exit is not None
    assert watch.kernel_exit.status == -signal.SIGKILL
    assert watch.kernel_exit.peak_bytes > 80_000_000
    error = kept[-1].cells[1].outputs[-1]
    assert (error.ename, "status -9" in error.evalue) == ("DeadKernelError", True)
    assert execute(pool, notebook("print('next')")) == ["next\n"]


def test_a_zygote_that_dies_is_replaced(pool: KernelPool) -> None:
    zygote, *kernels = pool.pids
    os.kill(zygote, signal.SIGKILL)
    eventually(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in kernels), "its kernels die with it"
    )
    assert execute(pool, notebook("print('again')")) == ["again\n"]


def test_a_long_way_to_temporary_files_is_none_for_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 20)))
    Path(tempfile.gettempdir()).mkdir()
    with KernelPool(preload=()) as pool:
        assert execute(pool, notebook("print('here')")) == ["here\n"]


def test_kernels_that_die_at_their_start_are_not_forked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forked = tmp_path / "forked"
    module = f"""
import os
def die():
    with open({str(forked)!r}, "a") as file:
        file.write(".")
    os._exit(1)
os.register_at_fork(after_in_child=die)
"""
    (tmp_path / "dying.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("batch.warm.pool.AGAIN_SECONDS", 0.01)
    with (
        KernelPool(preload=["dying"]) as broken,
        pytest.raises(RenderFailed, match="no kernel started"),
    ):
        broken.acquire()
    assert 0 < len(forked.read_text()) < 20


def test_a_cell_that_hangs_ends_at_its_time_out(pool: KernelPool) -> None:
    kept: list[Any] = []
    with pytest.raises(CellTimeoutError):
        execute(
            pool, notebook("import time; time.sleep(600)"), keep=kept.append, execution_timeout=1
        )
    assert kept[-1].cells[0].metadata.papermill.status == "failed"


def test_an_error_is_kept_with_the_notebook(pool: KernelPool) -> None:
    kept: list[Any] = []
    with pytest.raises(PapermillExecutionError, match="no steam"):
        execute(
            pool,
            notebook("x = 1", "raise ValueError('no steam')", "print('never')"),
            keep=kept.append,
        )
    outputs = [output for cell in kept[-1].cells for output in cell.get("outputs", ())]
    assert [
        (output.ename, output.evalue) for output in outputs if output.output_type == "error"
    ] == [("ValueError", "no steam")]
    assert "never" not in str(outputs)


def test_a_secret_is_in_no_output(pool: KernelPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", SECRET)
    cell = (
        "import os; t = os.environ['REPLICATE_API_TOKEN']; print(t); display([t]); raise "
        "ValueError(t)"
    )
    kept: list[Any] = []
    with pytest.raises(PapermillExecutionError):
        execute(
            pool,
            notebook("x = 1", cell),
            NotebookRun(env={"REPLICATE_API_TOKEN": SECRET}),
            keep=kept.append,
        )
    text = nbformat.writes(kept[-1])
    assert SECRET not in text
    assert text.count(MASK) >= 3


def test_nothing_is_left_of_a_pool_that_is_closed(tmp_path: Path) -> None:
    with KernelPool(spare=2, preload=()) as pool:
        first = pool.acquire()
        eventually(lambda: len(pool.pids) >= 3, "spare kernels")
        pids = pool.pids
        folder = Path(str(first.connection["ip"])).parent
        assert folder.is_dir()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "all processes end")
    assert not folder.exists()


def test_other_kernels_are_started_as_anywhere() -> None:
    assert environment_of("python3") is not None
    assert environment_of("no-such-kernel") is None


def test_secrets_are_found_by_the_names_of_variables_and_in_addresses() -> None:
    found = secrets_in(
        {
            "AWS_SECRET_ACCESS_KEY": "abcdefgh",
            "DATABASE_URL": "postgresql://me:pass%20word@host/db",
            "LOTUS_HOME": "somewhere",
            "SHORT_TOKEN": "abc",
        }
    )
    assert {"abcdefgh", "pass%20word", "pass word"} <= set(found)
    assert redact({"a": ["x abcdefgh y"], "b": 1}, found) == {"a": [f"x {MASK} y"], "b": 1}


@pytest.mark.parametrize("show", [str, repr, json.dumps, html.escape, quote])
def test_a_secret_is_hidden_however_it_is_shown(show: Callable[[str], str]) -> None:
    secret = "it's <\"&\\> \N{EURO SIGN}"
    text = f"before {show(secret)} after"
    hidden = redact(text, secrets_in({"MY_PASSWORD": secret}))
    assert hidden in (f"before {MASK} after", f'before "{MASK}" after', f"before '{MASK}' after")


def test_a_reply_that_comes_while_widgets_send_is_not_missed() -> None:
    """ZeroMQ takes the wake-up of a reply when something is sent; the row then stood still."""

    async def reply_during_send() -> dict[str, Any]:
        client: Any = AsyncKernelManager(client_class=WAKING_CLIENT).client(ip="127.0.0.1")
        with zmq.Context() as context, context.socket(zmq.ROUTER) as kernel:
            client.shell_port = kernel.bind_to_random_port("tcp://127.0.0.1")
            client.start_channels(iopub=False, stdin=False, hb=False, control=False)
            try:
                client.kernel_info()
                identity = kernel.recv_multipart()[0]
                waiting = asyncio.ensure_future(client.shell_channel.get_msg(timeout=None))
                await asyncio.sleep(0.05)
                client.session.send(kernel, "execute_reply", {}, ident=identity)
                time.sleep(0.05)  # the loop is busy while the reply comes
                client.shell_channel.send(client.session.msg("comm_msg", {}))
                return dict(await asyncio.wait_for(waiting, 5))
            finally:
                client.stop_channels()

    assert asyncio.run(reply_during_send())["msg_type"] == "execute_reply"
