"""What people say of videos: verdicts, comments at a moment and a place in them, and links by which
somebody without an account sees one video.
"""
