"""Terraform without an account or the internet: the real program, a provider that knows only
schemas.
"""
