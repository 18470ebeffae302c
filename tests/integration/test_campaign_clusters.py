"""Rows on somebody's Dask cluster: schedulers and workers that were started by other hands."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.dask_processes import Dask, dask_cluster
from tests.driving import Said, ended, eventually, rows, start, strays

pytestmark = pytest.mark.slow  # starts schedulers and workers

CELLS = [
    "import os, time\nfrom pathlib import Path",
    "before = Path(log).read_text().split() if Path(log).exists() else []",
    "with open(log, 'a') as file:\n    file.write(name + chr(10))",
    "if mode == 'once' and name not in before:\n    time.sleep(600)",
    "print(os.environ['DB_POOL_SIZE'], os.environ['DB_MAX_OVERFLOW'], "
    "len(os.sched_getaffinity(0)))",
]


PATIENCE_SECONDS = 300.0  # campaigns are many processes, and the machine may be busy
SOON = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}


def said_by(*args: Any, home: Path, **env: object) -> Said:
    """In a process of its own: Dask changes how all exceptions of a process are pickled."""
    return ended(start(*args, home=home, **env), PATIENCE_SECONDS)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Three rows, and the notebook `mine.ipynb` beside it: `b` hangs when it runs for the first
    time.
    """
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    first = nbformat.v4.new_code_cell("name = mode = log = ''", metadata={"tags": ["parameters"]})
    made.cells = [first, *(nbformat.v4.new_code_cell(cell) for cell in CELLS)]
    nbformat.write(made, tmp_path / "mine.ipynb")
    path = tmp_path / "m.csv"
    lines = [
        f"{name},{name},{mode},{tmp_path / 'log.txt'}"
        for name, mode in zip("abc", ("", "once", ""))
    ]
    path.write_text("\n".join(["id,name,mode,log", *lines]) + "\n")
    return path


@pytest.fixture
def workers(tmp_path: Path, home: Path) -> Iterator[Dask]:
    """Two workers whose rows may take a gigabyte each."""
    options = ("--memory-limit", "1GB")
    with dask_cluster(
        tmp_path / "dask", {"LOTUS_HOME": str(home)}, workers=2, worker_options=options
    ) as made:
        yield made


def run(manifest: Path, address: str) -> tuple[Any, ...]:
    notebook = manifest.with_name("mine.ipynb")
    return ("batch", "run", manifest, "--notebook", notebook, "--cluster", address, "--json")


def executed(home: Path, name: str) -> str:
    [(key,)] = rows(home, "SELECT notebook FROM runs WHERE name = ?", name)
    return (home / "store" / key).read_text()


@pytest.mark.slow
def test_a_worker_that_is_told_to_end_gives_its_row_to_another(
    manifest: Path, workers: Dask, home: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.txt"
    driver = start(*run(manifest, workers.address), home=home)
    eventually(lambda: log.exists() and log.read_text().split().count("b") == 1, "the row runs")
    [(owner,)] = eventually(
        lambda: rows(home, "SELECT owner FROM runs WHERE name = 'b' AND owner IS NOT NULL"),
        "claimed",
    )
    pid = int(owner.split(":")[1])
    assert pid in [workers.worker(number).pid for number in range(2)]
    [victim] = [workers.worker(n) for n in range(2) if workers.worker(n).pid == pid]
    victim.send_signal(signal.SIGTERM)
    said = ended(driver, PATIENCE_SECONDS)
    assert (said.code, said.json["runs"]["completed"]) == (0, 3), said.err
    assert rows(home, "SELECT name, attempts FROM runs ORDER BY name") == [
        ("a", 1),
        ("b", 1),
        ("c", 1),
    ]
    assert sorted(log.read_text().split()) == ["a", "b", "b", "c"]
    assert '"2 3 ' in executed(home, "b")  # few connections each, since workers are many
    refused = said_by(*run(manifest, workers.address), home=tmp_path / "other")
    assert refused.code == 2
    assert "uses another database, sqlite:///" in refused.err
    workers.stop()
    eventually(lambda: not strays(home), "no process is left")


@pytest.mark.slow
def test_a_cluster_that_speaks_tls(manifest: Path, home: Path, tmp_path: Path) -> None:
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mine = authority.issue_cert("127.0.0.1")
    mine.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "mine.pem"))
    ca = str(tmp_path / "ca.pem")
    own = str(tmp_path / "mine.pem")
    options = ("--tls-ca-file", ca, "--tls-cert", own, "--tls-key", own)
    tls = {"CA_FILE": ca, "CLIENT__CERT": own, "CLIENT__KEY": own}
    env = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": value for name, value in tls.items()}
    manifest.write_text(manifest.read_text().replace("once", ""))
    with dask_cluster(tmp_path / "dask", {"LOTUS_HOME": str(home)}, options=options) as secure:
        assert secure.address.startswith("tls://")
        said = said_by(*run(manifest, secure.address), home=home, **env)
        assert (said.code, said.json["runs"]["completed"]) == (0, 3), said.err
        bare = said_by(*run(manifest, secure.address), home=home)
        assert bare.code in (1, 2)
        assert "Traceback" not in bare.err


def test_a_scheduler_that_is_not_there_is_said_in_one_line(manifest: Path, home: Path) -> None:
    said = said_by(*run(manifest, "tcp://127.0.0.1:9"), home=home, **SOON)
    assert said.code == 1
    assert said.error.startswith("the scheduler at tcp://127.0.0.1:9 does not answer")
    assert rows(home, "SELECT status FROM campaigns") == [("queued",)]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8786", "ecs"])
def test_an_address_that_is_none_is_refused(manifest: Path, address: str, home: Path) -> None:
    said = said_by(*run(manifest, address), home=home, **SOON)
    assert said.code == 2
    assert "cluster" in said.error
