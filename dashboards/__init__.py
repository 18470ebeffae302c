"""Dashboards for stakeholders: Voilà notebooks, their views, and the server that shows them.
Read-only.
"""
