"""The two verifiers that travel inside a package: `verify.py` and `verify.html`, one file each.

Both are made from sources by pure functions: `verify.py` from the modules of `edge.evidence`
as they are, `verify.html` from the scripts in `page/` and from what `edge.evidence` says of
statements, words and pages. Nothing here is run by a verification of `edge.evidence`.
"""
