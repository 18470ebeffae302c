"""A timeline as segments and ffmpeg graphs: pure functions, nothing is run."""
