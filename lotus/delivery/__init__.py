"""Videos ready for the platforms that show them."""
