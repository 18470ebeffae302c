"""One row: its notebook executed under oversight, on warm kernels."""
