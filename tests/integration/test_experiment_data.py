"""What leaves an experiment: buckets, data sets, loggers, defaults that are adopted."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest

import lotus
from batch.rows.manifest import read_manifest
from lotus.api.experiments import Experiment
from lotus.documents.parsing import load_document
from lotus.errors import InvalidInput, LotusError, StoreError, UnknownName, WorkError
from lotus.experiments.adoption import adopt
from lotus.store import Store
from tests import servers
from tests.driving import inside
from tests.seeded_experiments import rated, seeded


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(name="rated")
def rated_experiment(home: Path) -> Experiment:
    return rated(home)


def test_an_export_goes_to_a_bucket(
    rated: Experiment, bucket: servers.Bucket, tmp_path: Path
) -> None:
    import pandas as pd

    url = f"{bucket.url}/data"
    assert rated.export(url) == url
    store = Store(url, tmp_path / "cache", endpoint_url=bucket.endpoint_url)
    keys = {item.key for item in store.list()}
    cells = pd.read_parquet(store.path("metadata.parquet"))
    assert set(cells["file_name"].dropna()) <= keys
    assert len(keys) == 5 + 4
    assert len(pd.read_parquet(store.path("ratings.parquet"))) == 6
    with pytest.raises(InvalidInput, match="is not empty; name a new prefix"):
        rated.export(url)


def test_an_export_holds_samples_of_fiftyone(rated: Experiment, tmp_path: Path) -> None:
    folder = rated.export(tmp_path / "data")
    document = json.loads((Path(folder) / "samples.json").read_text())
    assert len(document["samples"]) == 5  # one has no video
    for sample in document["samples"]:
        assert (Path(folder) / sample["filepath"]).stat().st_size > 0
        assert (sample["tags"], sample["status"]) == ([], "completed")
        assert None not in sample.values()


def test_a_full_disk_leaves_no_half_of_an_export(
    rated: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    folder = tmp_path / "data"
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("lotus.experiments.export.shutil.copyfile", full)
        with pytest.raises(StoreError, match="No space left on device; free space there"):
            rated.export(folder)
    assert not any(folder.iterdir())
    rated.export(folder)
    assert (folder / "croissant.json").exists()


@pytest.mark.slow  # with the packages themselves: pip install datasets fiftyone
def test_an_export_loads_in_datasets_and_fiftyone(rated: Experiment, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    folder = str(rated.export(tmp_path / "data"))
    loaded = datasets.load_dataset(folder, cache_dir=str(tmp_path / "cache"))["train"]
    rows = list(loaded.cast_column("video", datasets.Video(decode=False)))
    assert [row["video"] is None for row in rows] == [row["status"] == "expired" for row in rows]
    assert all(row["key"][:16] in row["video"]["path"] for row in rows if row["video"])
    data = pytest.importorskip("fiftyone.utils.data", reason="pip install fiftyone")
    with data.LegacyFiftyOneDatasetImporter(folder) as importer:  # asks no MongoDB
        samples = list(importer)
    assert sorted(s["style"] for s in samples) == ["a", "a", "a", "b", "b"]
    assert all(Path(s.filepath).is_file() for s in samples)


def test_an_experiment_is_logged_to_nothing_else(rated: Experiment) -> None:
    class Broken:
        def on_experiment(self, facts: Any) -> None:
            raise OSError("no such server")

    with pytest.raises(UnknownName, match="did you mean 'mlflow'"):
        rated.log("mlfow")
    with pytest.raises(InvalidInput, match="int has no on_experiment"):
        rated.log([3])
    with pytest.raises(WorkError, match="Broken failed: OSError: no such server"):
        rated.log(Broken())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "LOTUS_MODEL=p-video\n"),
        ("A=1\n# LOTUS_MODEL=x", "A=1\n# LOTUS_MODEL=x\nLOTUS_MODEL=p-video\n"),
        (
            "export LOTUS_MODEL='x'  # last year\nTOKEN=s3cret\n",
            "LOTUS_MODEL=p-video\nTOKEN=s3cret\n",
        ),
        ("LOTUS_MODELS=m.toml\nLOTUS_MODEL = \n", "LOTUS_MODELS=m.toml\nLOTUS_MODEL=p-video\n"),
        ("LOTUS_MODEL=a\nLOTUS_MODEL=b\n", "LOTUS_MODEL=a\nLOTUS_MODEL=p-video\n"),
    ],
)
def test_a_model_becomes_the_default_of_the_environment(
    before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "secrets.env"
    real.write_text(before)
    real.chmod(0o600)
    path = tmp_path / ".env"
    path.symlink_to(real)
    adopt("model", "p-video", path)
    assert real.read_text() == after
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_a_new_environment_is_for_its_owner_and_renders_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    brief = {"prompt": "A dog runs along the beach", "duration_seconds": 5}
    assert lotus.estimate(brief).total_usd == 0
    path = adopt("model", "p-video", tmp_path / ".env")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert lotus.estimate(brief).total_usd > 0
    assert lotus.estimate(brief, provider="animatic").total_usd == 0
    assert inside("estimate", brief["prompt"], "--json").json["total_usd"] != "0.000000"
    with pytest.raises(InvalidInput, match="adopt model or provider there, and style in a brief"):
        adopt("style", "noir", path)
    with pytest.raises(InvalidInput, match="neither a YAML file nor"):
        adopt("model", "p-video", tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("base:\n  # ours\n  kind: ad\nrows: []\n",
         'base:\n  # ours\n  style: "noir"\n  kind: ad\nrows: []\n'),
        ("grid: {seed: [1, 2]}  # all\nbase:\n    style: cinematic  # old\n    seed: 1\n",
         'grid: {seed: [1, 2]}  # all\nbase:\n    style: "noir"\n    seed: 1\n'),
        ("base: {kind: ad, brand: {name: A}}\nrows: [{}]\n",
         'base: {style: "noir", kind: ad, brand: {name: A}}\nrows: [{}]\n'),
        ("base: {}\nrows: [{}]\n", 'base: {style: "noir"}\nrows: [{}]\n'),
        ("base:\nrows: [{}]\n", 'base: {"style": "noir"}\nrows: [{}]\n'),
        ("rows:\n- prompt: a\n", 'rows:\n- prompt: a\nbase: {style: "noir"}\n'),
        ("prompt: a\r\nstyle: >-\r\n  long\r\n  words\r\nseed: 1\r\n", None),
        ("{prompt: a, style: b}\n", '{prompt: a, style: "noir"}\n'),
        ("prompt: a\r\n", 'prompt: a\r\nstyle: "noir"\r\n'),
    ],
)  # fmt: skip
def test_a_default_is_written_where_the_file_reads_it(
    before: str, after: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(before, newline="")
    adopt("style", "noir", path)
    written = path.read_bytes().decode()
    document = load_document(path)
    assert (document.get("base") or document)["style"] == "noir"
    assert after is None or written == after
    if "rows" in document:
        assert all(row.values["style"] == "noir" for row in read_manifest(path))


def test_what_a_grid_would_hide_is_not_adopted(tmp_path: Path) -> None:
    path = tmp_path / "campaign.yaml"
    text = "base: {prompt: a}\ngrid:\n  style: [noir, cinematic]\n"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="remove style from its grid first"):
        adopt("style", "noir", path)
    assert path.read_text() == text


def test_a_level_keeps_its_type(home: Path, tmp_path: Path) -> None:
    experiment = seeded(home, {"fps": [12, 24], "seed": [1, 2]})
    cells = experiment.cells()
    row = {"rater": "ana", "left": cells[1].key, "right": cells[0].key, "choice": "left"}
    experiment.add_ratings([row])
    path = tmp_path / "brief.yaml"
    path.write_text("prompt: a\nfps: 30\n")
    assert experiment.adopt("fps", path, sure=False) == "24"
    assert path.read_text() == "prompt: a\nfps: 24\n"


def _grid(**grid: Any) -> Experiment:
    return Experiment("x", base={"prompt": "A dog runs along the beach"}, grid=grid)


SLIPS: dict[str, tuple[Callable[[Experiment], object], str]] = {
    "no width": (lambda e: e.estimate(width=0), "width: is 0; write 1 to 10000 points"),
    "width nan": (lambda e: e.estimate(width=float("nan")), "width: is nan"),
    "words as column": (lambda e: e.pareto("cost_usd", "status"), "no column of numbers 'status'"),
    "number as other": (lambda e: e.compare(3), "other: is of type int"),  # type: ignore[arg-type]
    "nowhere": (lambda e: e.export(""), "target: is not a folder or an address"),
    "no folder": (lambda e: e.export("/proc/x/y"), "store /proc/x/y: No such file or directory"),
    "nobody": (lambda e: e.run(workers=0), "workers: is 0; write 1 or more"),
    "workers as text": (lambda e: e.run(workers="4"), "should be a whole number"),  # type: ignore[arg-type]
    "cluster": (lambda e: e.run(cluster="nope"), "cluster: 'nope' is no address"),
    "cell": (lambda e: e.measure_cell("nope"), "cell: is not the key of a cell"),
    "no pairs": (lambda e: e.judge(pairs=0), "pairs: is 0; write 1 or more"),
    "nan level": (lambda e: _grid(style=["a", float("nan")]), "grid.style: has a level that is"),
    "no seconds": (lambda e: Experiment("x", base={"prompt": "p"}, grid={}, seconds=0), "seconds:"),
    "no sample": (lambda e: Experiment("x", base={}, grid={}, sample=0), "sample: 0: should be"),
    "no name": (lambda e: Experiment("", base={}, grid={}), "name: '': is empty"),
    "no grid": (lambda e: Experiment("x", base={}, grid=None), "grid: is of type NoneType"),  # type: ignore[arg-type]
    "list grid": (lambda e: Experiment("x", base={}, grid=["a"]), "grid: is of type list"),  # type: ignore[arg-type]
    "categories": (
        lambda e: Experiment("x", base={}, grid={}, categories=["a"]),  # type: ignore[arg-type]
        "categories: is of type list",
    ),
}


def test_slips_are_one_line_that_names_the_argument(rated: Experiment) -> None:
    for slip, (call, words) in SLIPS.items():
        with pytest.raises(LotusError) as failure:
            call(rated)
        assert words in str(failure.value), slip


def test_one_name_is_a_list_of_one(rated: Experiment) -> None:
    assert set(rated.rate(["ana", "ben"], questions="Which is sharper?")) == {"ana", "ben"}
    assert set(rated.rate("ana", factors="style")) == {"ana"}
    assert rated.measure("black")["black"].notna().sum() == 5
    assert _grid(style={"b", "a", "c"}).design.grid["style"] == ("a", "b", "c")
