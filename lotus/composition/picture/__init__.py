"""The picture of a segment: camera moves, transitions, overlays, copied packets."""
