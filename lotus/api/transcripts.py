"""What is said in a video or a sound, as subtitles: `lotus.transcribe`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lotus.documents.calls import explained_call
from lotus.documents.timeline import Caption
from lotus.errors import InvalidInput, MediaError
from lotus.planning.phrases import SubtitleCue, phrases_of
from lotus.speech.placing import caption_of
from lotus.subtitles.files import (
    FORMATS,
    check_subtitle_name,
    read_subtitles,
    subtitle_text,
    write_subtitles,
)
from lotus.system.files import check_writable
from lotus.workspace import Workspace

__all__ = ["Subtitles", "transcribe"]


@dataclass(frozen=True)
class Subtitles:
    """Captions with their times, and when each word is said."""

    cues: tuple[SubtitleCue, ...]
    language: str = ""  # its code, as the recogniser heard it

    def save(self, path: str | Path) -> Path:
        """Write a file: .srt, .vtt, or .ass with the time of each word. Raises InvalidInput."""
        target = check_subtitle_name(check_writable(Path(path)))
        return write_subtitles(self.cues, target)

    def text(self, suffix: str = ".srt") -> str:
        """What `save` writes to a file with that suffix."""
        return subtitle_text(self.cues, check_subtitle_name(Path(f"x{suffix}")).suffix.lower())

    def captions(self, style: str = "subtitle") -> tuple[Caption, ...]:
        """Captions of a timeline; style `karaoke` marks the word that is said."""
        return tuple(caption_of(cue, style) for cue in self.cues)


@explained_call
def transcribe(
    source: str | Path,
    *,
    out: str | Path | None = None,
    language: str | None = None,
    workspace: Workspace | None = None,
) -> Subtitles:
    """Recognise speech in a video or a sound, on this machine, as subtitles. Needs the extra
    `voice`.

    Parameters
    ----------
    source
        A video or a sound; or a file of subtitles (.srt, .vtt, .ass), to check or convert it.
    out
        Write the subtitles to this file: .srt, .vtt or .ass.
    language
        Code of the language, such as `de`; default: recognised.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    Subtitles
        Captions with their times in seconds, and the time of each word.

    Raises
    ------
    InvalidInput
        If the input is wrong; nothing was written.
    WorkError
        If the extra is not installed.
    """
    path = Path(source).expanduser()
    target = check_subtitle_name(check_writable(Path(out))) if out is not None else None
    if path.suffix.lower() in FORMATS:
        subtitles = Subtitles(read_subtitles(path))
    else:
        subtitles = _recognise(path, language, workspace or Workspace.open())
    if target is not None:
        subtitles.save(target)
    return subtitles


def _recognise(path: Path, language: str | None, workspace: Workspace) -> Subtitles:
    from lotus.speech.recognition import check_recogniser, transcribe_file

    if not path.is_file():
        reason = "is not a file"
        raise InvalidInput(
            file=str(path), field="", reason=reason, remedy="name a video or a sound"
        )
    check_recogniser()
    try:
        transcript = transcribe_file(path, model=workspace.settings.whisper, language=language)
    except MediaError as exc:
        reason = exc.facts["reason"]
        raise InvalidInput(file=str(path), field="", reason=reason, remedy=exc.remedy) from exc
    if not transcript.words:
        remedy = "use a file with speech"
        raise InvalidInput(file=str(path), field="", reason="it contains no speech", remedy=remedy)
    return Subtitles(phrases_of(transcript.words), transcript.language)
