"""What voices in ONNX share: an output that their graph does not name, and words that end with
their sound. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lotus.documents.speech import SpokenWord

__all__ = ["one_more_output", "until_quiet"]


def one_more_output(name: str) -> bytes:
    """A ModelProto with a graph (field 7) with an output (field 12) of that name (field 1).

    Protobuf messages merge where their bytes are joined, so it adds the output to a model.
    """
    message = name.encode()
    for field in (1, 12, 7):
        message = bytes([field << 3 | 2, len(message)]) + message
    return message


def until_quiet(
    words: Sequence[SpokenWord], regions: Sequence[tuple[float, float]]
) -> Iterator[SpokenWord]:
    """The words; one in front of a pause ends with its sound, not with the model's silence."""
    for word in words:
        ends = [b for a, b in regions if a < word.end_seconds and word.start_seconds < b]
        end = min(word.end_seconds, ends[-1]) if ends else word.end_seconds
        yield SpokenWord(word.text, word.start_seconds, max(word.start_seconds, end))
