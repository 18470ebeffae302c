"""Files of pictures and sound: ffmpeg, probing, codecs, SVG."""
