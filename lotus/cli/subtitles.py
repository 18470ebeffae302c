"""lotus subtitles: what is said in a file, as subtitles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import JSON, out, print_json, reporting

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(subtitles)


def subtitles(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A video or a sound; or subtitles, to convert them."),
    ],
    out_path: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file: .srt, .vtt or .ass.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Code of the language, such as de; default: recognised.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Recognise speech in a video or a sound on this machine, and write it as subtitles."""
    with reporting(json):
        from lotus.api.transcripts import transcribe

        transcript = transcribe(file, out=out_path, language=language)
        if json:
            cues = [
                {**cue.__dict__, "word_seconds": list(cue.word_seconds)} for cue in transcript.cues
            ]
            output = str(out_path.expanduser().absolute()) if out_path is not None else None
            print_json({"output": output, "language": transcript.language, "subtitles": cues})
        elif out_path is None:
            typer.echo(transcript.text(), nl=False)
        else:
            suffix = f" in {transcript.language}" if transcript.language else ""
            out(f"{len(transcript.cues)} subtitles{suffix}")
            typer.echo(str(out_path.expanduser().absolute()))
