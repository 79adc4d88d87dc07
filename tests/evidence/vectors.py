"""Where the vectors of others lie, and how to read them."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"


def load(*names: str) -> Any:
    return json.loads(VECTORS.joinpath(*names).read_text("utf-8"))


def below(*names: str, pattern: str = "**/*.json") -> list[Path]:
    """Files below a folder of vectors, sorted; an empty answer is an error."""
    found = sorted(VECTORS.joinpath(*names).glob(pattern))
    if not found:
        message = f"expected vectors below {names}, found none"
        raise FileNotFoundError(message)
    return found
