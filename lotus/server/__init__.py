"""The service: health, API, live progress and pages from one port: thin over pipeline
and reports.
"""
