"""Where rows run: Dask here, on a given scheduler, or on ECS."""
