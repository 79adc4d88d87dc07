"""Keys and certificates of a site: `init` once, `enrol` once a station.

Two trusts that do not meet: TLS certificates say who may connect, root-signed key events
say whose signatures count as evidence. Written by the coordinator; `site` and `stations`
are the two acts, `certificates` and `key_files` what they are made of.
"""
