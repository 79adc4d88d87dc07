"""The command line, one module for each family of commands; with `folder`, the way to a disk."""
