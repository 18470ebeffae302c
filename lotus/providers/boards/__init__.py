"""Boards: designed, moving pictures of what a scene is about, drawn offline from its own words."""

from lotus.providers.boards.board import Board
from lotus.providers.boards.draw import frames
from lotus.providers.boards.pictograms import pictograms_for

__all__ = ["Board", "frames", "pictograms_for"]
