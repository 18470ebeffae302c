"""Hosted models: what there is (`catalog.py`, `models.toml`), what they take, what they cost."""
