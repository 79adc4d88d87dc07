"""Measured claims: one file each, run by `./run bench`."""
