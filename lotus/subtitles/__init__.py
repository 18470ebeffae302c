"""Subtitles: files of them in and out, and what is said in footage."""
