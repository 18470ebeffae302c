"""What a media file holds, as plain data, and which files count as media. No I/O."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

__all__ = ["CONTAINERS", "MAX_PIXELS", "CutPoints", "FrameTimes", "Media", "SoundStream"]

MAX_PIXELS = 8192 * 8192  # of a frame; more is a mistake or an attack

# What may pose as a clip, a picture or a track: containers of media. Playlists and scripts (hls,
# dash, concat, sdp ...) name other files and addresses, so they are not read.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,flv,ogg,wav,mp3,flac,aac,aiff,asf,"
    "mxf,gif,h264,hevc,"
    "image2,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,apng,rawvideo,f32le,"
    "dv,mpegvideo,m4v,ivf,obu,nut,yuv4mpegpipe,rm,swf,caf,amr,amrnb,amrwb,ac3,eac3,dts,dtshd,au,"
    "w64,wv,tta,ape,voc,dsf,tak,mpc,mpc8"
)
FINE_TICK = Fraction(1, 1000)
HELD_SECONDS = Fraction(1, 2)  # a frame that shows longer than this is written down as held
SEEK_MARGIN_SECONDS = 1  # where the times of a file's frames are not known
_BT709 = 1
_UNSPECIFIED = 2
# primaries of ISO/IEC 23091-2 that are not BT.709's: BT.601 of 625 and 525 lines, SMPTE 240M,
# BT.2020, DCI-P3, Display P3
_OTHER_PRIMARIES = (5, 6, 7, 9, 11, 12)
_MATRICES = {
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    9: "bt2020nc",
    10: "bt2020c",
}
_RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal", "x2rgb", "x2bgr")


@dataclass(frozen=True)
class SoundStream:
    """The one stream of sound that is heard: the file's default, or the first that decodes.

    `start` and `end` are seconds on the file's clock.
    """

    index: int  # among the streams of sound
    codec: str
    sample_rate: int
    channels: int
    start: Fraction
    end: Fraction
    trimmed: bool = False  # the container says where the encoder's padding begins
    decodes: bool = True


@dataclass(frozen=True)
class Media:
    """What a file holds. Sizes are as shown, after rotation; `seconds` is where the picture ends on
    the file's clock, or the sound if there is no picture.
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
    transfer: int = _UNSPECIFIED  # ISO/IEC 23091-2: 16 PQ, 18 HLG
    primaries: int = _UNSPECIFIED  # ISO/IEC 23091-2: 1 BT.709
    matrix: int = _UNSPECIFIED  # ISO/IEC 23091-2: 0 RGB, 1 BT.709, 5 and 6 BT.601, 9 BT.2020
    full_range: bool = False
    interlaced: bool = False
    rotation: int = 0
    container: str = ""
    start: Fraction = Fraction(0)  # of the picture, on the file's clock
    alpha: bool = False  # something of it may be transparent
    profile: str = ""  # name of a photo's colour profile, where it is not sRGB
    bits: int = 8  # of one channel
    stream: int = 0  # of the picture, among the streams of pictures
    tick: Fraction = Fraction(0)  # of the clock of its pictures, in seconds
    resized: bool = False  # frames of several sizes follow each other
    reader: Literal["ffmpeg", "pillow", "svg", "rewrapped"] = "ffmpeg"
    sound: SoundStream | None = None
    damaged_packets: int = 0

    @property
    def colorspace(self) -> str:
        """ffmpeg's name of the matrix; what is not tagged is taken as players take it: by its
        height.
        """
        default = "bt709" if self.height >= 720 else "smpte170m"
        return _MATRICES.get(self.matrix, default)

    @property
    def rgb(self) -> bool:
        """Whether pixels are stored as RGB."""
        return self.pixel_format.startswith(_RGB)

    @property
    def hdr(self) -> bool:
        """Whether the picture needs tone mapping for an ordinary screen."""
        return self.transfer in (16, 18)

    @property
    def other_primaries(self) -> bool:
        """Whether an ordinary range of brightness is stored with other primaries than BT.709's."""
        guessed = self.primaries == _UNSPECIFIED and self.matrix in (9, 10)
        return not self.hdr and (self.primaries in _OTHER_PRIMARIES or guessed)

    @property
    def coarse(self) -> bool:
        """Whether its clock ticks so slowly (AVI, GIF, IVF: once a frame) that times between two
        ticks need a finer one.
        """
        return self.tick > FINE_TICK

    def between_ticks(self, begins: Fraction, speed: Fraction) -> dict[str, int | str]:
        """Whether a clip of a coarse clock begins between two ticks, or has another speed: earlier
        versions showed it up to a tick early. Part of keys, as `corrections`.
        """
        missed = self.coarse and (begins % self.tick != 0 or speed != 1)
        return {"tick": 1} if missed else {}

    @property
    def corrections(self) -> dict[str, int | str]:
        """What of the picture is read otherwise than by earlier versions of lotus: part of the keys
        of what is made from such files, and of no others.
        """
        facts: dict[str, int | str] = {}
        if self.alpha:
            facts["alpha"] = 1
        if self.other_primaries:
            facts["gamut"] = 1
        if self.resized:
            facts["resized"] = 1
        if self.profile:
            facts["profile"] = 1
        if self.kind == "image" and self.bits > 8 and self.pixel_format.startswith("gray"):
            facts["bits"] = self.bits
        if self.kind == "image" and self.codec in ("heif", "avif"):
            facts["tiles"] = 1
        return facts

    @property
    def overlay_corrections(self) -> dict[str, int | str]:
        """The same of a picture over the picture, whose transparency was always seen but for that
        which VP8 and VP9 keep aside.
        """
        facts = dict(self.corrections)
        if not self.codec.startswith(("vp8", "vp9", "libvpx")):
            facts.pop("alpha", None)
        return facts


@dataclass(frozen=True)
class FrameTimes:
    """When a video's frames show, as far as seeking needs it: seconds on the file's clock."""

    keys: tuple[Fraction, ...]  # frames at which decoding can begin, thinned out
    held: tuple[tuple[Fraction, Fraction], ...]  # frames that show longer than HELD_SECONDS
    exact: bool = True  # the container seeks to key frames, and not to any packet
    # where ffmpeg's clock begins if it has not sought past there: of transport and program streams
    # it leaves the streams out of account that it does not use
    zero: Fraction = Fraction(0)

    def seek(self, at: Fraction) -> int:
        """Whole seconds (which are exact in every container's clock) from which on the frame that
        shows at `at` is decoded.
        """
        return max(0, int(self._key(at)))

    def clock(self, seek: int) -> Fraction:
        """The file's time at which ffmpeg's clock is 0 when it has sought there."""
        return max(Fraction(seek), self.zero)

    def corrections(self, at: Fraction) -> dict[str, int | str]:
        """Whether seeking about a second back, as earlier versions did, missed what shows at `at`:
        part of the keys of what is made from there.
        """
        start = max(0, int(at) - SEEK_MARGIN_SECONDS)
        if self.zero - start > Fraction(1, 1000):
            return {"late": 1}
        if not start:
            return {}
        since = self._held_since(at)
        missed = since is not None and since < start
        undecoded = not self.exact and self._key(at) < start
        return {"held": 1} if missed or undecoded else {}

    def _held_since(self, at: Fraction) -> Fraction | None:
        index = bisect_right(self.held, at, key=lambda span: span[0]) - 1
        return self.held[index][0] if index >= 0 and at < self.held[index][1] else None

    def _key(self, at: Fraction) -> Fraction:
        """The last key frame that is surely not after the frame which shows at `at`."""
        since = self._held_since(at)
        begin = at - HELD_SECONDS if since is None else since
        index = bisect_right(self.keys, begin) - 1
        return self.keys[index] if index >= 0 else Fraction(0)


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
