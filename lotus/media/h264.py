"""Parameter sets of H.264 as MP4 keeps them (ISO/IEC 14496-15, 5.3.3.1: the `avcC` box). Pure.

Pieces that different encoders made stand in one stream when no two of their parameter sets have the
same number and other contents: a decoder takes the set that a picture names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lotus.errors import RenderFailed

__all__ = [
    "IDR",
    "OWN_ID",
    "PPS",
    "SPS",
    "Sets",
    "agree",
    "merge_boxes",
    "nal_units",
    "parameter_sets",
]

OWN_ID = 1  # number of the sets that lotus encodes with; nearly all other encoders use 0
# types of NAL units (ITU-T H.264, table 7-1)
IDR = 5
SPS = 7
PPS = 8
_WITH_CHROMA = (100, 110, 122, 144)  # profiles whose avcC ends with chroma format and bit depths

Sets = Mapping[tuple[int, int], bytes]  # (type, number) -> the NAL unit


def parameter_sets(avcc: bytes) -> Sets:
    """The sets of an avcC box; raises ValueError if it is none, or gives lengths in other than four
    bytes.
    """
    if len(avcc) < 7 or avcc[0] != 1 or avcc[4] & 3 != 3:
        raise ValueError("not an avcC box with lengths of four bytes")
    sets: dict[tuple[int, int], bytes] = {}
    at = 5
    for kind, mask in ((SPS, 0x1F), (PPS, 0xFF)):
        count = avcc[at] & mask
        at = at + 1
        for _ in range(count):
            size = int.from_bytes(avcc[at : at + 2])
            unit = avcc[at + 2 : at + 2 + size]
            if len(unit) != size or size < 5 - (kind == PPS) * 3:
                raise ValueError("an avcC box that is cut off")
            sets[kind, _number(unit[4:] if kind == SPS else unit[1:])] = unit
            at += 2 + size
    return sets


def _number(data: bytes) -> int:
    """The unsigned Exp-Golomb number at the beginning (ITU-T H.264, 9.1)."""
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = len(bits) - len(bits.lstrip("0"))
    if zeros > 15:
        raise ValueError("not a parameter set")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1


def nal_units(packet: bytes) -> Iterator[bytes]:
    """The units of a packet whose units follow their lengths in four bytes."""
    at = 0
    while at + 4 <= len(packet):
        size = int.from_bytes(packet[at : at + 4])
        yield packet[at + 4 : at + 4 + size]
        at += 4 + size


def agree(sets: Iterable[Sets]) -> bool:
    """Whether all can stand in one stream."""
    first: dict[tuple[int, int], bytes] = {}
    return all(first.setdefault(name, unit) == unit for some in sets for name, unit in some.items())


def merge_boxes(boxes: Iterable[bytes]) -> bytes:
    """One avcC box with the sets of all; raises RenderFailed if two of them contradict
    each other.
    """
    different = list(dict.fromkeys(boxes))
    if len(different) == 1:
        return different[0]
    every = [parameter_sets(box) for box in different]
    if not agree(every):
        raise RenderFailed(what="composition", reason="pieces of it need different decoders")
    units = {name: unit for some in every for name, unit in some.items()}
    # the profile and level that can decode all
    best = max(different, key=lambda box: (box[1], box[3]))
    box = bytes([1, best[1], best[2], max(one[3] for one in different), 0xFF])
    for kind, mark in ((SPS, 0xE0), (PPS, 0)):
        same = [unit for (of, _), unit in sorted(units.items()) if of == kind]
        box += bytes([mark | len(same)]) + b"".join(len(u).to_bytes(2) + u for u in same)
    # 4:2:0, eight bits, no extensions
    return box + (b"\xfd\xf8\xf8\x00" if best[1] in _WITH_CHROMA else b"")
