"""Processes, threads, files, and content keys."""
