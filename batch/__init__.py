"""Campaigns: each row of a manifest is one run of a Papermill notebook, executed as a Dask task."""
