"""An experiment to take away: tables as Parquet, a folder of clips, and a Croissant card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lotus.errors import InvalidInput
from lotus.experiments import records
from lotus.experiments.design import Design
from lotus.experiments.extras import pandas, pyarrow
from lotus.models.catalog import read_catalog
from lotus.system.files import whole_folder
from lotus.system.keys import file_digest
from lotus.workspace import Workspace, open_store

__all__ = ["export_experiment", "export_to_store"]

CELLS = "metadata.parquet"  # the name by which `datasets` finds facts of files in a folder
RATINGS = "ratings.parquet"
SAMPLES = "samples.json"  # by which FiftyOne finds samples of a folder
CARD = "croissant.json"
TYPES = {"f": "sc:Float", "i": "sc:Integer", "b": "sc:Boolean", "M": "sc:DateTime"}  # by kind


def export_experiment(
    folder: Path,
    design: Design,
    frame: Any,
    videos: Mapping[str, Path],
    rows: Sequence[Mapping[str, Any]],
    workspace: Workspace,
) -> Path:
    """Write an experiment into a folder that is empty or not there; returns it.

    `frame` is that of `Experiment.to_pandas`, `rows` the rows of ratings. Raises InvalidInput, and
    StoreError where the disk refuses a file: then nothing is there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(
            file=str(folder), field="folder", reason="is not empty", remedy="name a new folder"
        )
    pyarrow()  # before anything is written
    with whole_folder(folder.absolute()) as aside:
        clips = aside / "clips"
        clips.mkdir()
        for key, path in videos.items():
            shutil.copyfile(path, clips / f"{key[:16]}.mp4")
        cells = frame.copy()
        names = [f"clips/{key[:16]}.mp4" if key in videos else None for key in cells["key"]]
        cells.insert(0, "file_name", names)
        cells["licence"] = _licences(cells, workspace)
        for name in design.base:
            if name not in cells and isinstance(design.base[name], str | int | float):
                cells[name] = design.base[name]
        cells.to_parquet(aside / CELLS, index=False)
        ratings = _ratings_frame(rows)
        ratings.to_parquet(aside / RATINGS, index=False)
        _write_json({"samples": _samples(cells)}, aside / SAMPLES)
        row = workspace.db.ask(records.find_experiment, design.name)
        tables = {CELLS: cells, RATINGS: ratings}
        day = row["updated_at"].date().isoformat()
        card = _card(design, aside, tables, sorted(clips.glob("*.mp4")), day)
        _write_json(card, aside / CARD)
    return folder


def _write_json(document: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


def _samples(cells: Any) -> list[dict[str, Any]]:
    """Cells with a video as samples of FiftyOne, whose fields are the columns; what is missing in
    one has no field there.
    """
    rows = cells[cells["file_name"].notna()].to_dict("records")
    return [
        {"filepath": row.pop("file_name"), "tags": []}
        | {name: value for name, value in row.items() if value is not None and value == value}
        for row in rows
    ]


def export_to_store(
    url: str,
    design: Design,
    frame: Any,
    videos: Mapping[str, Path],
    rows: Sequence[Mapping[str, Any]],
    workspace: Workspace,
) -> str:
    """Write an experiment under a prefix of a bucket, or another place of fsspec, that has no
    objects yet; returns it. The card comes last: without one an export is not whole.

    Raises InvalidInput and StoreError.
    """
    store = open_store(workspace.settings.model_copy(update={"store": url}))
    if next(iter(store.list()), None) is not None:
        raise InvalidInput(file=url, field="", reason="is not empty", remedy="name a new prefix")
    with TemporaryDirectory(prefix="lotus-export-") as aside:
        folder = export_experiment(Path(aside) / "data", design, frame, videos, rows, workspace)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in sorted(files, key=lambda path: path.name == CARD):
            store.put(path, path.relative_to(folder).as_posix())
    return url


def _licences(cells: Any, workspace: Workspace) -> list[str | None]:
    """What may be done with each clip, as the catalogue says of the model that made it."""
    models = read_catalog(workspace.settings.models).models
    return [models[name].licence or None if name in models else None for name in cells["made_by"]]


def _ratings_frame(rows: Iterable[Mapping[str, Any]]) -> Any:
    pd = pandas()
    columns = ("rater", "question", "left_key", "right_key", "choice", "seconds", "created_at")
    return pd.DataFrame([{name: row[name] for name in columns} for row in rows], columns=columns)


def _card(
    design: Design, folder: Path, tables: Mapping[str, Any], clips: Sequence[Path], day: str
) -> dict[str, Any]:
    """The description of the data set by Croissant 1.0 (mlcommons.org/croissant)."""
    files: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "encodingFormat": "application/x-parquet",
            "sha256": file_digest(folder / name),
        }
        for name in tables
    ]
    if clips:
        files.append(
            {
                "@type": "cr:FileSet",
                "@id": "clips",
                "name": "clips",
                "encodingFormat": "video/mp4",
                "includes": "clips/*.mp4",
            }
        )
    factors = ", ".join(f"{name} ({len(levels)})" for name, levels in design.grid.items())
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": design.name,
        "description": f"Generated videos of a grid of {factors}, with measurements and ratings.",
        "license": "see the column licence of each clip",
        "version": "1.0.0",
        "datePublished": day,
        "citeAs": f"{design.name}: an experiment made by lotus, {day}",
        "distribution": files,
        "recordSet": [_record_set(name, table) for name, table in tables.items()],
    }


def _record_set(name: str, table: Any) -> dict[str, Any]:
    stem = name.removesuffix(".parquet")
    return {
        "@type": "cr:RecordSet",
        "@id": stem,
        "name": stem,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{stem}/{column}",
                "name": str(column),
                "dataType": TYPES.get(table[column].dtype.kind, "sc:Text"),
                "source": {"fileObject": {"@id": name}, "extract": {"column": str(column)}},
            }
            for column in table.columns
        ],
    }


_OWN = (  # terms of Croissant 1.0, as its recommended context names them
    *("citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
    *("references", "regex", "repeated", "replace", "separator", "source", "subField"),
    *("transform", "equivalentProperty", "samplingRate"),
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _OWN},
}
