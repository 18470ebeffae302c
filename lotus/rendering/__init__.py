"""What is missing is rendered (`renderer.py`); with its sound it becomes one file (`join.py`,
`mixer.py`).
"""
