"""Files after public reports of faults in decoders, demuxers and viewers: none is what it seems.

Kinds: ffmpeg (playlists, external references, counts of tables), Pillow (CVE-2021-28676,
CVE-2021-27921, CVE-2023-50447), libpng (text and profiles that expand), libwebp (CVE-2023-4863),
librsvg (CVE-2023-38633, nested uses and patterns), ImageMagick (CVE-2016-3714 to 3718).
"""

from __future__ import annotations

import base64
import gzip
import io
import struct
import zlib

from PIL import Image

__all__ = ["hostile_files"]

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SIZE = ' width="64" height="64" viewBox="0 0 64 64">'
PASSWD = "file:///etc/passwd"


def hostile_files() -> dict[str, bytes]:
    """Name -> content; each is refused, or is a picture, sound or video that does no harm."""
    return {**_svgs(), **_pngs(), **_pictures(), **_sounds(), **_videos(), **_others()}


def _svg(body: str, attributes: str = "") -> bytes:
    return f"{SVG}{attributes}{SIZE}{body}</svg>".encode()


def _svgs() -> dict[str, bytes]:
    nested = "<g>" * 5000 + "</g>" * 5000
    uses = '<rect id="u0" width="9" height="9"/>' + "".join(
        f'<g id="u{n}">' + f'<use xlink:href="#u{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
    )
    patterns = "".join(
        f'<pattern id="p{n}" width=".1" height=".1"><rect width="64" height="64" '
        f'fill="url(#p{n - 1})"/></pattern>'
        for n in range(1, 9)
    )
    inner = base64.b64encode(_svg(f'<image href="{PASSWD}" width="9" height="9"/>')).decode()
    doctype = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "' + f"&{chr(97 + n)};" * 10 + '">' for n in range(9)
    )
    files = {
        "laughs": f'<?xml version="1.0"?>{doctype}]>'.encode() + _svg("<text>&j;</text>"),
        "remote dtd": b'<!DOCTYPE svg SYSTEM "http://127.0.0.1:1/x.dtd">' + _svg("<g/>"),
        "stylesheet": b'<?xml-stylesheet href="/etc/passwd" type="text/css"?>' + _svg("<g/>"),
        "include": _svg(
            f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{PASSWD}" parse="text"/>'
        ),
        "librsvg include": _svg(
            '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
            'href=".?../../../../../../etc/passwd" parse="text"/>'
        ),
        "script": _svg("<script>alert(1)</script>"),
        "handler": _svg("<rect/>", ' onload="alert(1)"'),
        "link": _svg('<a xlink:href="javascript:alert(1)"><rect width="64" height="64"/></a>'),
        "foreign": _svg('<foreignObject><iframe src="http://127.0.0.1/"/></foreignObject>'),
        "import": _svg('<style>@import url("http://127.0.0.1/a.css");</style>'),
        "face": _svg(f"<style>@font-face{{font-family:a;src:url({PASSWD})}}</style>"),
        "escaped url": _svg('<rect style="fill:\\75rl(http://127.0.0.1/a#b)"/>'),
        "filter": _svg(f'<filter id="f"><feImage href="{PASSWD}"/></filter>'),
        "use": _svg('<use href="http://127.0.0.1/a.svg#x"/>'),
        "use of a file": _svg('<use xlink:href="../../../etc/passwd#x"/>'),
        "data in data": _svg(f'<image href="data:image/svg+xml;base64,{inner}"/>'),
        "animation": _svg('<image><set attributeName="href" to="file:///etc/passwd"/></image>'),
        "nested groups": _svg(nested),
        "uses": _svg(f'<defs>{uses}</defs><use xlink:href="#u9"/>'),
        "patterns": _svg(f'<defs>{patterns}</defs><rect width="64" height="64" fill="url(#p8)"/>'),
        "a use of itself": _svg('<g id="a"><use href="#a"/></g>'),
        "a pattern of itself": _svg(
            '<pattern id="a" width="1" height="1"><rect fill="url(#a)" width="9" height="9"/>'
            '</pattern><rect width="64" height="64" fill="url(#a)"/>'
        ),
        "a mask of itself": _svg('<mask id="a"><rect mask="url(#a)"/></mask><g mask="url(#a)"/>'),
        "dashes": _svg(
            '<path d="M0 0L1e7 1e7" stroke="red" stroke-width="9" stroke-dasharray="1e-4"/>'
        ),
        "a wide blur": _svg(
            '<filter id="f" x="-1e6" y="-1e6" width="1e7" height="1e7"><feGaussianBlur '
            'stdDeviation="1e5"/></filter><rect filter="url(#f)" width="64" height="64"/>'
        ),
        "a huge picture": f'{SVG} width="1e9" height="1e9"></svg>'.encode(),
        "no size": f'{SVG} width="0" height="0"></svg>'.encode(),
        "numbers": f'{SVG} viewBox="nan inf 1e999 -1"></svg>'.encode(),
        "long path": _svg('<path d="M0 0' + "L1 1" * 200_000 + '"/>'),
        "long text": _svg('<text font-size="1e6">' + "W" * 100_000 + "</text>"),
        "many attributes": _svg("<rect " + " ".join(f"a{n}='1'" for n in range(50_000)) + "/>"),
        "UTF-16": _svg(f'<image href="{PASSWD}"/>').decode().encode("utf-16"),
        "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>' + _svg("+ADw-script+AD4-"),
        "EBCDIC": b'<?xml version="1.0" encoding="cp037"?>' + _svg("<g/>"),
        "zipped": gzip.compress(_svg("<g/>")),
        "zipped bomb": gzip.compress(_svg(" " * 20_000_000)),
        "U+0000": _svg("<g>\0</g>"),
        "half": _svg("<g/>")[:-9],
        "two roots": _svg("<g/>") * 2,
        "a page": b"<!-- x --><html><svg></svg><script>alert(1)</script></html>",
    }
    return {f"svg: {name}": content for name, content in files.items()}


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png(
    width: int, height: int, *chunks: bytes, kind: int = 2, pixels: bytes | None = None
) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    rows = (b"\0" + b"\x80" * 3 * min(width, 64)) * min(height, 64)
    data = _chunk(b"IDAT", zlib.compress(rows if pixels is None else pixels))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + data + _chunk(b"IEND", b"")


def _pngs() -> dict[str, bytes]:
    zeros = zlib.compress(bytes(60_000_000), 9)
    files = {
        "text that expands": _png(8, 8, _chunk(b"zTXt", b"a\0\0" + zeros)),
        "a profile that expands": _png(8, 8, _chunk(b"iCCP", b"a\0\0" + zeros)),
        "translation that expands": _png(8, 8, _chunk(b"iTXt", b"a\0\1\0\0\0" + zeros)),
        "pixels that expand": _png(30_000, 30_000, pixels=bytes(60_000_000)),
        "no width": _png(0, 8),
        "2**31 wide": _png(2**31 - 1, 1),
        "no palette": _png(8, 8, kind=3),
        "no pixels": _png(8, 8, pixels=b""),
        "wrong sum": _png(8, 8).replace(b"IDAT", b"IDAT", 1)[:-20] + b"\0" * 20,
        "frames": _png(8, 8, _chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))),
        "a long chunk": b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31 - 1, b"IHDR"),
        "two heads": _png(
            8, 8, _chunk(b"IHDR", struct.pack(">IIBBBBB", 9**6, 9**6, 8, 2, 0, 0, 0))
        ),
        "a script behind it": _png(8, 8) + b"<script>alert(1)</script><?php phpinfo();",
        "a ZIP behind it": _png(8, 8) + b"PK\x05\x06" + bytes(18),
    }
    return {f"png: {name}": content for name, content in files.items()}


def _saved(kind: str, size: tuple[int, int] = (16, 16), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, **options)
    return file.getvalue()


def _pictures() -> dict[str, bytes]:
    jpeg, gif = _saved("JPEG"), _saved("GIF")
    at = jpeg.index(b"\xff\xc0") + 5
    scan = jpeg[jpeg.index(b"\xff\xda") : -2]
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x08\0\0\0"
    frame = b"\x2c" + bytes(4) + struct.pack("<HH", 1, 1) + b"\0\x02\x02\x44\x01\0"
    head = b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(6)
    vp8l = b"VP8L" + struct.pack("<I", 10) + b"\x2f\xff\xff\xff\x0f" + b"\xff" * 5
    return {
        "jpeg: 65,500 wide": jpeg[:at] + struct.pack(">HH", 65500, 65500) + jpeg[at + 4 :],
        "jpeg: no height": jpeg[:at] + struct.pack(">HH", 0, 16) + jpeg[at + 4 :],
        "jpeg: many scans": jpeg[:-2] + scan * 3000 + b"\xff\xd9",
        "jpeg: circle in EXIF": jpeg[:2]
        + b"\xff\xe1"
        + struct.pack(">H", len(exif) + 2)
        + exif
        + jpeg[2:],
        "jpeg: a comment of PHP": jpeg[:2] + b"\xff\xfe\0\x10<?php x(); ?>" + jpeg[2:],
        "jpeg: cut": jpeg[: len(jpeg) // 2],
        "jpeg: only a start": b"\xff\xd8\xff\xe0",
        "gif: huge": head + frame + b"\x3b",
        "gif: many frames": head + frame * 20_000 + b"\x3b",
        "gif: no end": gif[:-1] + b"\x21\xfe" + b"\xff" + b"a" * 255,
        "webp: huge lossless": b"RIFF" + struct.pack("<I", 4 + len(vp8l)) + b"WEBP" + vp8l,
        "webp: no chunk": b"RIFF\x04\0\0\0WEBP",
        "webp: wrong length": b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + bytes(50),
        "tiff: circle": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
        "ico: a PNG": b"\0\0\1\0\1\0\0\0\0\0\1\0\x20\0" + struct.pack("<II", 99, 22) + _png(9, 9),
        "bmp: huge": b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<Iii", 40, 2**30, 2**30),
        "fli: no frames": struct.pack("<IHHHHHH", 128, 0xAF12, 65535, 9, 9, 8, 0) + bytes(112),
        "psd: huge": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 300_000, 300_000, 8, 3),
        "icns: empty": b"icns\0\0\0\x10ic10\xff\xff\xff\xff",
        "eps: runs": b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (w) file\n",
        "mvg: reads": b"push graphic-context\nimage over 0,0 0,0 'label:@/etc/passwd'\n",
        "msl: writes": b'<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>',
        "pdf: opens": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/Launch/F(/bin/id)>>>>endobj",
        "wmf: small": b"\xd7\xcd\xc6\x9a" + bytes(40),
    }


def _sounds() -> dict[str, bytes]:
    def wav(form: bytes, data: bytes = bytes(64)) -> bytes:
        body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data"
        body += struct.pack("<I", len(data)) + data
        return b"RIFF" + struct.pack("<I", len(body)) + body

    def form(channels: int, rate: int, bits: int = 16, tag: int = 1) -> bytes:
        return struct.pack("<HHIIHH", tag, channels, rate, rate * 2, 2, bits)

    ogg = b"OggS\0\2" + bytes(8) + b"\1\0\0\0" + bytes(8)
    return {
        "wav: no channels": wav(form(0, 48_000)),
        "wav: 65,535 channels": wav(form(65_535, 48_000)),
        "wav: no rate": wav(form(1, 0)),
        "wav: a rate of 2**32": wav(form(2, 2**30)),
        "wav: no bits": wav(form(1, 48_000, 0)),
        "wav: unknown codec": wav(form(1, 48_000, 16, 0x4242)),
        "wav: a longer length": wav(form(1, 48_000)).replace(
            b"data@\0\0\0", b"data\xff\xff\xff\x7f"
        ),
        "wav: no data": wav(form(1, 48_000), b""),
        "wav: many lists": b"RIFF\xff\xff\xff\x7fWAVE" + b"LIST\0\0\0\0" * 100_000,
        "flac: no frames": b"fLaC\x80\0\0\x22" + bytes(34),
        "flac: a large picture": b"fLaC\x86\xff\xff\xff" + bytes(64),
        "flac: no end of blocks": b"fLaC" + b"\x01\0\0\0" * 100_000,
        "ogg: no pages": ogg + b"\xff" + b"\xff" * 255,
        "ogg: many streams": b"".join(
            ogg[:14] + struct.pack("<I", n) + bytes(8) + b"\1\x1e\1vorbis" + bytes(23)
            for n in range(3000)
        ),
        "mp3: a long tag": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(100),
        "mp3: tags in tags": b"ID3\x04\0\0\0\0\0\x0a" * 20_000,
        "mp3: no frames": b"\xff\xfb" * 50_000,
        "m4a: empty": b"\0\0\0\x14ftypM4A \0\0\0\0isom",
    }


def _box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), name) + data


def _videos() -> dict[str, bytes]:
    ftyp = _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    deep = b""
    for _ in range(3000):
        deep = _box(b"moov", deep)
    alias = _box(b"alis", struct.pack(">I", 0) + b"/etc/passwd")
    url = _box(b"url ", b"\0\0\0\0file:///etc/passwd\0")
    dref = _box(b"dref", struct.pack(">II", 0, 2) + alias + url)
    stsz = _box(b"stsz", struct.pack(">III", 0, 0, 2**32 - 1))
    stts = _box(b"stts", struct.pack(">III", 0, 1, 2**32 - 1) + b"\xff" * 4)
    stsd = _box(b"stsd", struct.pack(">II", 0, 1) + _box(b"avc1", bytes(78)))

    def movie(*tables: bytes, edits: bytes = b"", information: bytes = b"") -> bytes:
        minf = _box(b"minf", information + _box(b"stbl", b"".join(tables)))
        hdlr = _box(b"hdlr", bytes(8) + b"vide" + bytes(13))
        mdhd = _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 0, 0, 0, 0))
        trak = _box(b"trak", edits + _box(b"mdia", mdhd + hdlr + minf))
        return ftyp + _box(b"moov", _box(b"mvhd", bytes(100)) + trak)

    elst = _box(b"edts", _box(b"elst", struct.pack(">II", 0, 2**32 - 1) + b"\xff" * 48))
    ebml = b"\x1aE\xdf\xa3\x8bB\x82\x84webmB\x87\x81\2"
    cluster = b"\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xff"
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    return {
        "mp4: nested boxes": ftyp + deep,
        "mp4: references outside": movie(stsd, information=_box(b"dinf", dref)),
        "mp4: sizes": movie(stsd, stsz),
        "mp4: times": movie(stsd, stts, stsz),
        "mp4: edits": movie(stsd, edits=elst),
        "mp4: a box of 2**63": ftyp + b"\0\0\0\1moov" + b"\x7f" + b"\xff" * 7,
        "mp4: a box of 7": ftyp + b"\0\0\0\7moov",
        "mp4: a compressed head": ftyp
        + _box(
            b"moov",
            _box(b"cmov", _box(b"dcom", b"zlib") + _box(b"cmvd", b"\x7f\xff\xff\xff" + bytes(40))),
        ),
        "mp4: a playlist": ftyp + _box(b"mdat", playlist),
        "mp4: a picture": ftyp.replace(b"isom", b"avif", 1) + _box(b"meta", bytes(40)),
        "webm: no end": ebml + cluster + b"\x15I\xa9f\x01" + b"\xff" * 7,
        "webm: nested": ebml + cluster + b"\x12T\xc3g\x01\xff\xff\xff\xff\xff\xff\xff" * 5000,
        "webm: empty": ebml,
        "mkv: an attachment": b"\x1aE\xdf\xa3\x8fB\x82\x88matroska"
        + cluster
        + b"\x19A\xa4i\x88"
        + bytes(8),
        "mkv: a number of nine bytes": b"\x1aE\xdf\xa3\0" + bytes(20),
        "avi: subtitles of a playlist": b"RIFF\xff\0\0\0AVI LIST" + b"GAB2\0\2\0" + playlist,
        "flv: deep data": b"FLV\1\5\0\0\0\x09\0\0\0\0\x12\0\xff\xff"
        + bytes(7)
        + b"\x03\0\1a" * 9999,
        "ts: a table of tables": (b"G@\0\x10\0\0\xb0\x0d\0\1\xc1\0\0" + b"\xff" * 175) * 200,
        "mxf: a long key": b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\x00\x88"
        + b"\xff" * 8,
    }


def _others() -> dict[str, bytes]:
    manifest = b"<MPD><Period><BaseURL>file:///etc/passwd</BaseURL></Period></MPD>"
    return {
        "dash": b'<?xml version="1.0"?>' + manifest,
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "hls with a key": b'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\n',
        "hls of a picture's name": b"\x89PNG\r\n\x1a\n#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "concat behind a mark": b"\xef\xbb\xbfffconcat version 1.0\nfile /etc/passwd\n",
        "metadata": b";FFMETADATA1\ntitle=a\n",
        "ass": b"[Script Info]\n[Events]\nDialogue: 0,0:00:00.00,9:59:59.99,,,,,,,{\\p1}m 0 0\n",
        "ttml": b'<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml"/>',
        "a link": b"[InternetShortcut]\nURL=file:///etc/passwd\n",
        "a notebook": b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
        "a shell": b"#!/bin/sh\nid\n",
        "a class": b"\xca\xfe\xba\xbe" + bytes(60),
        "a disk": bytes(510) + b"\x55\xaa",
        "a RAR": b"Rar!\x1a\x07\x01\0" + bytes(40),
        "zeros": bytes(100_000),
    }
