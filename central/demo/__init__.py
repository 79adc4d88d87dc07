"""The first journey, told while it happens: a camera from the bay to a verified package.

The demo plays no part of its own: it starts the real processes, and then uses only what any
user has: commands, the announcement folder, the HTTP API and the offline verifier.
"""
