"""What a media file holds, as plain data, and which files count as media. No I/O."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

__all__ = ["CONTAINERS", "MAX_PIXELS", "CutPoints", "Media"]

MAX_PIXELS = 8192 * 8192  # of a frame; more is a mistake or an attack

# What may pose as a clip, a picture or a track: containers of media. Playlists and scripts (hls,
# dash,
# concat, sdp ...) name other files and addresses, so they are not read.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,flv,ogg,wav,mp3,flac,aac,aiff,asf,mxf,gif,h264,hevc,"
    "image2,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,apng,rawvideo,f32le"
)


@dataclass(frozen=True)
class Media:
    """What a file holds. Sizes are as shown, after rotation; `seconds` is of the picture, or of the
    sound.
    """

    kind: Literal["video", "image", "audio"]
    seconds: Fraction
    width: int = 0
    height: int = 0
    rate: Fraction = Fraction(0)
    has_audio: bool = False
    codec: str = ""
    pixel_format: str = ""
    sample_aspect: Fraction = Fraction(1)
    transfer: int = 2  # ISO/IEC 23091-2: 2 is unspecified, 16 PQ, 18 HLG
    primaries: int = 2  # ISO/IEC 23091-2: 1 BT.709
    matrix: int = 2  # ISO/IEC 23091-2: 1 BT.709, 5 and 6 BT.601, 9 BT.2020, 2 unspecified
    full_range: bool = False
    interlaced: bool = False
    rotation: int = 0

    @property
    def colorspace(self) -> str:
        """ffmpeg's name of the matrix; what is not tagged is taken as players take it: by its
        height.
        """
        assumed = "bt709" if self.height >= 720 else "smpte170m"
        return {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}.get(self.matrix, assumed)

    @property
    def hdr(self) -> bool:
        """Whether the picture needs tone mapping for an ordinary screen."""
        return self.transfer in (16, 18)


@dataclass(frozen=True)
class CutPoints:
    """Where a video on the frame grid can be cut without decoding it.

    Frames are counted on the grid from the file's beginning.
    """

    keys: tuple[int, ...]  # frames that need no other frame, and that no earlier one shows after
    ends: tuple[int, ...]  # before these, all that shows earlier is decoded, and nothing else
    parameters: str  # of the decoder: the avcC box, in hex

    def within(self, first: int, end: int) -> tuple[int, int] | None:
        """The longest stretch of [first, end) that can be copied, or nothing."""
        key = bisect_left(self.keys, first)
        stop = bisect_right(self.ends, end)
        if key == len(self.keys) or not stop or self.keys[key] >= self.ends[stop - 1]:
            return None
        return self.keys[key], self.ends[stop - 1]
