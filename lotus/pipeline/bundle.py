"""A video with all that it was made from, as one file to be reproduced on another machine."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.generation.plan import clip_object
from lotus.pipeline.environment import environment
from lotus.pipeline.narration import plan_speech
from lotus.pipeline.provenance import LOCAL_PROVIDERS, Provenance, read_provenance
from lotus.speech.storage import speech_object
from lotus.store.uploads import sources_in
from lotus.system.keys import file_digest
from lotus.workspace import Workspace

__all__ = ["VIDEO", "unpack_bundle", "write_bundle"]

VIDEO = "video.mp4"
PROVENANCE = "provenance.json"
ENVIRONMENT = "environment.json"
# what is taken out of a bundle: files by their content, clips by what made them
MEMBER = re.compile(
    rf"{re.escape(VIDEO)}|files/[0-9a-f]{{64}}(\.\w{{1,8}})?|clips/[0-9a-f]{{64}}\.mp4"
    r"|speech/[0-9a-f]{64}\.(flac|json)"
)
MOST_BYTES = 64 * 1024**3  # in a bundle
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal videos have equal bundles


def write_bundle(workspace: Workspace, video: Path, document: Any, target: Path) -> Path:
    """Pack a job's video, the files of its document, and clips and speech that no other machine
    can make.

    Raises InvalidInput for a file that has changed since.
    """
    if target.suffix.lower() != ".zip":
        remedy = f"write {target.with_suffix('.zip').name}"
        raise InvalidInput(file=str(target), field="path", reason="is not a .zip", remedy=remedy)
    provenance = read_provenance(video)
    members = {VIDEO: video}
    members |= {f"files/{name}": path for name, path in _files(provenance, document).items()}
    for clip in provenance.clips:
        if clip.provider not in LOCAL_PROVIDERS:
            path = workspace.store.path(clip_object(clip.clip_key))
            members[f"clips/{clip.clip_key}.mp4"] = path
    members |= _speech(workspace, document)
    texts = {
        PROVENANCE: provenance.model_dump_json(indent=2),
        ENVIRONMENT: _text(environment(workspace=workspace)),
    }
    beside = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(beside, "w") as archive:
            for name, text in texts.items():
                archive.writestr(zipfile.ZipInfo(name, LONG_AGO), text)
            for name, path in sorted(members.items()):
                info = zipfile.ZipInfo(name, LONG_AGO)
                with path.open("rb") as file, archive.open(info, "w", force_zip64=True) as member:
                    shutil.copyfileobj(file, member)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True)


def _files(provenance: Provenance, document: Any) -> dict[str, Path]:
    """Where the files of a video are, by digest and suffix."""
    names = set(provenance.files)
    places: dict[str, Path] = {}
    for _, value in sources_in(document):
        path = Path(value)
        if path.is_absolute() and path.is_file():
            places[f"{file_digest(path)}{path.suffix.lower()}"] = path
    missing = sorted(names - set(places))
    if missing:
        reason = f"a file of the video has changed or gone (sha256 {missing[0][:12]}…)"
        remedy = "put it back as it was, or render the video again"
        raise InvalidInput(file="", field="bundle", reason=reason, remedy=remedy)
    return {name: places[name] for name in sorted(names)}


def _speech(workspace: Workspace, document: Mapping[str, Any]) -> dict[str, Path]:
    """What hosted voices said, and when each word is heard."""
    if "brief" not in document:
        return {}
    keys = [
        plan.key
        for plan in plan_speech(Storyboard.model_validate(document), workspace)
        if plan.maker is not None and plan.speech is not None
    ]
    return {
        f"speech/{key}{suffix}": workspace.store.path(speech_object(key, suffix))
        for key in keys
        for suffix in (".flac", ".json")
    }


def unpack_bundle(bundle: Path, folder: Path) -> dict[str, Path]:
    """The members of a bundle, in `folder`: their names and files. Raises InvalidInput.

    Only members of the names that bundles have are taken, and files whose content is what their
    name says.
    """
    members: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(bundle) as archive:
            infos = [info for info in archive.infolist() if MEMBER.fullmatch(info.filename)]
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise _refusal(bundle, f"holds more than {MOST_BYTES // 1024**3} GB")
            for info in infos:
                target = folder / info.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                members[info.filename] = target
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as exc:
        raise _refusal(bundle, "cannot be read as a .zip") from exc
    for name, path in members.items():
        if name.startswith("files/") and file_digest(path) != Path(name).stem:
            raise _refusal(bundle, f"{name} is not the file that its name says")
    if VIDEO not in members:
        raise _refusal(bundle, f"holds no {VIDEO}")
    return members


def _refusal(bundle: Path, reason: str) -> InvalidInput:
    remedy = "write it again: job.bundle('ad.zip')"
    return InvalidInput(file=str(bundle), field="", reason=reason, remedy=remedy)
