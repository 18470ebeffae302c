"""Words of errors about fields: what was probably meant, what to do, and pydantic's sentences as
people who write YAML or Python read them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

__all__ = ["LONGEST_NAME", "REMEDIES", "nearest", "plain_words"]

LONGEST_NAME = 200  # characters of a field's name in an error; no field of ours has so many


def nearest(name: str, choices: Sequence[str]) -> str:
    """A question with the choice that was probably meant; empty if none is near."""
    if len(name) > LONGEST_NAME:
        return ""
    synonym = _SYNONYMS.get(name.strip().casefold().replace("_", " "))
    if synonym is not None and synonym in choices:
        return f"did you mean '{synonym}'?"
    plain = name.strip().casefold().replace(" ", "_")
    near = difflib.get_close_matches(plain, choices, n=1) or [
        choice for choice in choices if len(plain) > 2 and choice.startswith(plain)
    ]
    return f"did you mean '{near[0]}'?" if near else ""


# Other people's names of fields and values.
_SYNONYMS = {
    "vertical": "9:16",
    "portrait": "9:16",
    "tall": "9:16",
    "reel": "9:16",
    "landscape": "16:9",
    "horizontal": "16:9",
    "wide": "16:9",
    "square": "1:1",
    "4:5": "1:1",
    "2:3": "9:16",
    "21:9": "16:9",
    "1.7777777777777777": "16:9",
    "0.5625": "9:16",
    "1": "1:1",
    "hd": "720p",
    "720": "720p",
    "full hd": "1080p",
    "fhd": "1080p",
    "1080": "1080p",
    "advert": "ad",
    "advertisement": "ad",
    "commercial": "ad",
    "clip": "music_video",
    "duration": "duration_seconds",
    "length": "duration_seconds",
    "seconds": "duration_seconds",
    "aspect": "aspect_ratio",
    "ratio": "aspect_ratio",
    "text": "prompt",
    "color": "colors",
    "palette": "colors",
    "colours": "colors",
    "framerate": "fps",
    "frame rate": "fps",
    "call to action": "cta",
    "soundtrack": "music",
    "file": "source",
    "path": "source",
    "src": "source",
    "start": "start_seconds",
    "end": "end_seconds",
    "middle": "center",
    "centre": "center",
    "zoom": "zoom_in",
    "pan": "pan_right",
    "tilt": "tilt_up",
}


REMEDIES = {
    "missing": "add the field",
    "string_pattern_mismatch": "write a colour as #rrggbb, such as #1b3a4b",
    "greater_than": "use a larger number",
    "greater_than_equal": "use a larger number",
    "less_than_equal": "use a smaller number",
    "string_too_short": "write a longer text",
    "string_too_long": "write a shorter text",
    "tuple_type": "write a list",
    "string_type": "write text",
    "float_type": "write a number",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "bool_parsing": "write True or False",
    "value_error": "correct it, then run again",
    "too_short": "add one at least",
    "too_long": "use fewer",
}


def plain_words(reason: str) -> str:
    """Pydantic's sentence in the words of people who write YAML or Python."""
    text = reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


_WORDS = (
    (r"^input should be a valid tuple", "should be a list"),
    (r"^input should be a valid string", "should be text"),
    (r"^input should be a valid dictionary or instance of (\w+)", r"should be a \1 or its fields"),
    (r"^input should be a valid (\w+), unable to parse string as an? \w+", r"should be a valid \1"),
    (r"^input should be greater than or equal to (.+)", r"should be \1 or more"),
    (r"^input should be less than or equal to (.+)", r"should be \1 or less"),
    (r"^input should be greater than (.+)", r"should be more than \1"),
    (r"^input should be", "should be"),
    (r"^string should have at least 1 character$", "is empty"),
    (r"^string should have at least (\d+) characters$", r"has fewer than \1 characters"),
    (r"^string should have at most (\d+) characters?$", r"has more than \1 characters"),
    (
        r"^value should have at most (\d+) items after validation, not \d+$",
        r"has more than \1 characters",
    ),
    (
        r"^tuple should have at least (\d+) items? after validation, not (\d+)$",
        r"has \2 of at least \1",
    ),
    (
        r"^tuple should have at most (\d+) items? after validation, not (\d+)$",
        r"has \2, more than \1",
    ),
    (r"^string should match pattern.*", "is not a colour"),
)
