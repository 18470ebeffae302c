"""What ffmpeg writes into a log when it fails, as causes."""

from __future__ import annotations

from lotus.aws.checks.suspects import MEMORY
from lotus.checks.base import Cause, Suspect, several

__all__ = ["MEDIA_LINES"]

MEDIA_LINES = (
    Cause(
        "source broken",
        "the log says: Invalid data found when processing input, or: moov atom not found",
        "a source file is cut off or damaged, or is not media at all",
        "`lotus ops run lotus doctor --only failures` names the jobs; `lotus probe FILE` shows "
        "what a source is",
        r"Invalid data found when processing input|moov atom not found|"
        r"EBML header parsing failed|error while decoding MB|non-existing PPS",
    ),
    Cause(
        "ffmpeg lacks a part",
        "the log says: Unknown encoder, Unknown decoder, or: No such filter",
        "the image's ffmpeg was built without it",
        "`lotus ops run lotus doctor --only codecs --only filters`; `lotus ops build`, then "
        "`lotus ops deploy TAG`",
        r"Unknown (encoder|decoder)|No such filter|(Encoder|Decoder|Filter) not found|"
        r"this ffmpeg has no (encoder|filter)",
    ),
    Cause(
        "ffmpeg not there",
        "the log says: No such file or directory: 'ffmpeg', or: error while loading shared "
        "libraries",
        "the image has no ffmpeg that starts: it is another image, or LOTUS_FFMPEG names a wrong "
        "path",
        "`lotus ops run lotus doctor --only ffmpeg`; `lotus ops rollback` if it began with an "
        "image",
        r"(No such file or directory|not found): '?\S*ffmpeg\b|\bffmpeg: (command )?not found|"
        r"ffmpeg: error while loading shared libraries",
    ),
    several(
        "ffmpeg killed",
        "the log says of ffmpeg: signal 9, or SIGKILL",
        r"ffmpeg.*(signal 9|SIGKILL|\breturn ?code:? -9|exit(ed)?( with)?( code)? (-9|137)\b)",
        MEMORY,
        Suspect("its task was told to end", "`lotus doctor --aws --only stopped`"),
    ),
    several(
        "ffmpeg failed",
        "the log says: FFmpeg failed, or: ffmpeg exited with",
        r"ffmpeg (failed|exited|ended|error)|FFmpegError|Conversion failed!|"
        r"Error while (opening encoder|filtering)|Error reinitializing filters",
        Suspect(
            "a source is broken, or of a kind that ffmpeg does not read",
            "`lotus ops run lotus doctor --only failures`",
        ),
        Suspect(
            "the image's ffmpeg lacks a codec or a filter",
            "`lotus ops run lotus doctor --only codecs --only filters`",
        ),
        MEMORY,
    ),
)
