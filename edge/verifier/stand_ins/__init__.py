"""What `verify.py` has instead of libraries that a receiver may not have installed.

Each module bears the name of the library and gives the part of it that `edge.evidence` uses,
over the standard library and `cryptography` alone. Tests hold both to the same answers.
"""
