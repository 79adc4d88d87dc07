"""The words of `python -m central`: one module a command, each with `register`."""
