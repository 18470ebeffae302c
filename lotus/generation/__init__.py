"""The clips of a job: which are missing, making them, paying once."""
