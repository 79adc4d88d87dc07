"""kill -9 of a copying process at random instants: nothing lost, nothing read twice."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dock_agent.offload import offload
from dock_agent.vault import Vault
from tests.dock_agent.cards import FILE_ID, MIB, entry, footage, put, sha256

SIZE = 48 * MIB + 99
COPY = """
import sys
from pathlib import Path
from dock_agent.offload import offload
from dock_agent.vault import Vault
from tests.dock_agent.cards import FILE_ID, entry

card, vault = Path(sys.argv[1]), Vault(Path(sys.argv[2]), reserve=0)
tell = lambda count: print(count, flush=True)
print(offload(card, entry(card, "a.mp4"), FILE_ID, vault, progress=tell).sha256)
"""


def copy(project: Path, card: Path, vault: Vault) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", COPY, str(card), str(vault.root)]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_instants_it_ends_in_the_same_file(
    project: Path, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    card = tmp_path / "card"
    content = footage(SIZE, seed)
    put(card, "a.mp4", content)
    vault = Vault(tmp_path / "vault", reserve=0)
    vault.prepare()
    last_seen = 0
    for _ in range(4):
        child = copy(project, card, vault)
        assert child.stdout is not None
        kill_after = dice.randint(1, 12)
        for told, line in enumerate(child.stdout, 1):
            if not line.strip().isdigit():
                break
            if told == 1:
                # Proven bytes are not read again: at most the ring was on its way.
                assert int(line) >= min(last_seen - 8 * MIB, SIZE)
            last_seen = int(line)
            if told == kill_after:
                child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    done = offload(card, entry(card, "a.mp4"), FILE_ID, vault)
    assert str(done.sha256) == sha256(content)
    assert vault.path(done.sha256).read_bytes() == content
    assert list((vault.root / "partial").iterdir()) == []
    assert len([p for p in vault.root.rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize("instant", range(8))
def test_killed_while_proving_and_publishing_it_ends_in_the_same_file(
    project: Path, tmp_path: Path, instant: int
) -> None:
    """After the last byte was read: read-back, seal, link, sync, unlink, journal."""
    card = tmp_path / "card"
    content = footage(20 * MIB)
    put(card, "a.mp4", content)
    vault = Vault(tmp_path / "vault", reserve=0)
    vault.prepare()
    child = copy(project, card, vault)
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) == len(content):
            break
    try:
        child.wait(timeout=instant * 0.008)
    except subprocess.TimeoutExpired:
        child.kill()
    child.wait()
    child.stdout.close()
    done = offload(card, entry(card, "a.mp4"), FILE_ID, vault)
    assert vault.path(done.sha256).read_bytes() == content
    assert list((vault.root / "partial").iterdir()) == []
