"""Boards: designed, moving pictures of what a scene is about, drawn offline from its own words."""
