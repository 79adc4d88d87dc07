"""The index: SQLAlchemy Core over SQLite, append-only where it holds evidence; no rules.

`Store.open(folder.index)`, then `with store.read() as c` or `with store.write() as c`, and
the functions of one module per noun: envelopes, chains, recordings, cases, stations,
refused, outgoing. Evidence rows are written by `derive.index_leaf` alone, from the log.
"""

from central.store.database import Store

__all__ = ["Store"]
