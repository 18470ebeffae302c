"""Comparing models, prompts and settings: what a video measures."""
