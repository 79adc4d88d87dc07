"""The verifiers as files: what an export puts into its package.

Made from the sources beside this file, once for each process. The same version of the sources
gives the same bytes.
"""

from collections.abc import Mapping
from functools import cache

from edge.verifier.bundle_page import read_part, verify_html
from edge.verifier.bundle_python import read_module, verify_py


@cache
def verifiers() -> Mapping[str, bytes]:
    """Contents by path in the package (`edge.evidence.package.VERIFIERS`)."""
    return {
        "data/verify.py": verify_py(read_module).encode(),
        "data/verify.html": verify_html(read_part).encode(),
    }
