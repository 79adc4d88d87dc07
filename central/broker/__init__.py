"""The embedded broker: Mosquitto with mutual TLS and an access list per station.

Written by the coordinator: `configuration` says what the file must hold, `process` starts
it as a child and ends it.
"""
