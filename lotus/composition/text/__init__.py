"""Text as it is set: fonts, scripts, line breaks, contrast, ASS."""
