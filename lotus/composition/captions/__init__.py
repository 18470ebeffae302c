"""Captions, title cards and subtitles: their styles, layout and files."""
