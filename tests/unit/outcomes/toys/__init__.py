"""Two toy kinds, and the walk of a contract that names them; see `test_kinds.py`."""
