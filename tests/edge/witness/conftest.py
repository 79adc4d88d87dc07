from pathlib import Path

import pytest

from tests.edge.witness.makers import Bench, bench


@pytest.fixture
def desk(tmp_path: Path) -> Bench:
    return bench(tmp_path)
