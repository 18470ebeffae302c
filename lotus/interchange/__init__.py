"""Cuts that editing suites read and write: OpenTimelineIO, EDL, Final Cut Pro XML, FCPXML."""
