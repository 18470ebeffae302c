"""An overlay as a picture as large as the frame, see-through around it: every editor shows it in
its place.
"""

from __future__ import annotations

from pathlib import Path

from lotus.composition.picture.overlays import corner, overlay_size
from lotus.documents.timeline import Overlay
from lotus.media.pictures import open_cut_out

__all__ = ["write_sticker"]


def write_sticker(source: Path, overlay: Overlay, width: int, height: int, output: Path) -> None:
    """Write the overlay at its place, size and opacity as PNG."""
    from PIL import Image

    picture = open_cut_out(source).convert("RGBA")
    most, room = overlay_size(overlay.width_fraction, (width, height))
    scale = min(most / picture.width, room / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    if overlay.opacity < 1:
        picture.putalpha(picture.getchannel("A").point(lambda level: level * overlay.opacity))
    canvas = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    canvas.paste(picture, corner(overlay.position, (width, height), size))
    canvas.save(output, "PNG")
