"""SVG pictures: nothing outside the file is read, and what people draw is drawn."""

from __future__ import annotations

import base64
import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lotus.errors import MediaError
from lotus.media.probe import probe
from lotus.media.svg import svg_to_png

RED = (255, 0, 0, 255)
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:s-vg="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9">{}</svg>'
)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A red picture on the server's disk that no upload may show."""
    Image.new("RGBA", (9, 9), RED).save(tmp_path / "secret.png")
    return tmp_path / "secret.png"


def pixels(svg: str, folder: Path) -> np.ndarray:
    (folder / "x.svg").write_text(svg)
    return np.asarray(Image.open(io.BytesIO(svg_to_png(folder / "x.svg"))).convert("RGBA"))


OUTSIDE = {  # ways to name the file SECRET
    "plain": '<image href="SECRET" width="9" height="9"/>',
    "address": '<image href="file://SECRET" width="9" height="9"/>',
    "a quoted bracket before it": '<image id=">" href="SECRET" width="9" height="9"/>',
    "single quotes": "<image id='>' href='SECRET' width='9' height='9'/>",
    "a hyphened prefix": '<s-vg:image href="SECRET" width="9" height="9"/>',
    "an old link": '<image xlink:href="SECRET" width="9" height="9"/>',
    "blanks": '<image href = "\n SECRET" width="9" height="9"/>',
    "characters by number": '<image href="&#x2f;SECRET" width="9" height="9"/>',
    "a file that begins as a part": '<image href="#/../SECRET" width="9" height="9"/>',
    "upper case data": '<image href="DATA:,../SECRET" width="9" height="9"/>',
    "a picture that is itself SVG": '<image href="data:image/svg+xml;base64,INNER" width="9" '
    'height="9"/>',
    "plain text": '<image href="data:text/plain;base64,INNER" width="9" height="9"/>',
    "a filter": '<filter id="f"><feImage href="SECRET"/></filter>'
    '<rect width="9" height="9" filter="url(#f)"/>',
    "a part of a file": '<use href="SECRET#a"/>',
    "a fill": '<rect width="9" height="9" fill="url(SECRET#a)"/>',
    "a style": '<rect width="9" height="9" style="fill:url(SECRET#a)"/>',
    "a style sheet": '<style>@import "SECRET";</style>',
    "an escaped style": '<style>rect{fill:u\\72l(SECRET)}</style><rect width="9" height="9"/>',
    "a gradient": '<linearGradient id="g" xlink:href="SECRET#g"/>',
    "a link in a style": '<style>image{href:SECRET}</style><image width="9" height="9"/>',
}


@pytest.mark.parametrize("way", OUTSIDE)
def test_a_picture_shows_nothing_of_the_servers_disk(
    way: str, secret: Path, tmp_path: Path
) -> None:
    inner = HEAD.format(f'<image href="{secret}" width="9" height="9"/>')
    content = OUTSIDE[way].replace("SECRET", str(secret))
    content = content.replace("INNER", base64.b64encode(inner.encode()).decode())
    with pytest.raises(MediaError, match="names other files"):
        pixels(HEAD.format(content), tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        '<script>alert(1)</script><rect width="9" height="9" fill="#0000ff"/>',
        '<rect width="9" height="9" fill="#0000ff" onload="alert(1)"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>'
        '<rect width="9" height="9" fill="#0000ff"/>',
        '<metadata><x xmlns="y" href="/etc/passwd"/></metadata>'
        '<rect width="9" height="9" fill="#0000ff"/>',
        '<a href="https://example.com/"><rect width="9" height="9" fill="#0000ff"/></a>',
        '<style>.a{fill:#0000ff}</style><rect class="a" width="9" height="9"/>',
        '<linearGradient id="g"><stop stop-color="#0000ff"/></linearGradient>'
        '<rect width="9" height="9" fill="url(#g)"/>',
        '<defs><rect id="r" width="9" height="9" style="fill:blue"/></defs><use href="#r"/>',
    ],
)
def test_what_draws_nothing_is_left_out_and_the_rest_is_drawn(content: str, tmp_path: Path) -> None:
    picture = pixels(HEAD.format(content), tmp_path)
    assert tuple(picture[picture.shape[0] // 2, picture.shape[1] // 2]) == (0, 0, 255, 255)


BOMBS = {
    "entities": '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + HEAD.format("&b;"),
    "an entity of a file": '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    + HEAD.format("&a;"),
    "parts of parts": HEAD.format(
        "<defs>"
        + '<g id="g0"><rect width="1" height="1"/></g>'
        + "".join(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 12))
        + '</defs><use href="#g11"/>'
    ),
    "a part of itself": HEAD.format('<g id="a"><use href="#a"/></g>'),
    "deep": HEAD.format("<g>" * 5000 + "</g>" * 5000),
    "not SVG": "<html><svg/></html>",
    "half": HEAD.format("<rect")[:-10],
    "unknown letters": '<?xml version="1.0" encoding="utf-99"?>' + HEAD.format(""),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once(bomb: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        pixels(BOMBS[bomb], tmp_path)


def test_a_document_type_of_drawing_programs_is_read(tmp_path: Path) -> None:
    kind = (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    )
    picture = pixels(kind + HEAD.format('<rect width="9" height="9" fill="blue"/>'), tmp_path)
    assert tuple(picture[9, 9]) == (0, 0, 255, 255)


LISTS = {  # files that name other files, by what they begin with
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nSECRET\n#EXT-X-ENDLIST\n",
    "hls after a tag": b"ID3\x04\0\0\0\0\0\0#EXTM3U\n#EXTINF:1,\nSECRET\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile 'SECRET'\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>SECRET'
    b"</BaseURL></MPD>",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5000 RTP/AVP 96\n",
    "a script of AviSynth": b'FFImageSource("SECRET")\n',
    "subtitles": b"1\n00:00:00,000 --> 00:00:01,000\n<img src='SECRET'>\n",
    "svg": HEAD.format('<image href="SECRET" width="9" height="9"/>').encode(),
    "a list of addresses": b"[playlist]\nFile1=SECRET\n",
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".png", ".mp3"])
def test_a_file_that_names_other_files_is_no_media(
    name: str, suffix: str, secret: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(LISTS[name].replace(b"SECRET", str(secret).encode()))
    with pytest.raises(MediaError):
        probe(path)


def test_movies_that_lie_in_other_files_are_not_followed(ffmpeg_path: Path) -> None:
    command = [str(ffmpeg_path), "-hide_banner", "-h", "demuxer=mov"]
    described = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    option = next(line for line in described.splitlines() if "enable_drefs" in line)
    assert "default false" in option
