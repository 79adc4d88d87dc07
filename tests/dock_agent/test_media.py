import random
import stat
from pathlib import Path

import pytest

from dock_agent import media_probe
from dock_agent.media import inspect, probe

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def sample(tmp_path: Path):
    def make(content: bytes, name: str = "a.mp4") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


def test_real_wearable_footage_is_described() -> None:
    facts = inspect(SAMPLES / "max-heromode.mp4")
    assert facts.playable
    assert facts.problem is None
    assert facts.container is not None
    assert "mp4" in facts.container
    assert facts.duration_ms == 10543
    video, audio, *rest = facts.streams
    assert (video.kind, video.codec, video.width, video.height) == ("video", "h264", 848, 480)
    assert video.rate == "30000/1001"
    assert (audio.kind, audio.codec, audio.rate) == ("audio", "aac", "48000")
    assert {each.kind for each in rest} == {"data"}


def test_hevc_is_playable_too() -> None:
    facts = inspect(SAMPLES / "test_h265.mp4")
    assert facts.playable
    assert facts.streams[0].codec == "hevc"


def test_an_empty_file_is_unplayable(sample) -> None:
    facts = inspect(sample(b""))
    assert (facts.playable, facts.problem) == (False, "the file is empty")


@pytest.mark.parametrize("kept", [1, 100, 40_000, 2_000_000])
def test_a_truncated_file_is_described_as_unplayable(sample, kept: int) -> None:
    facts = inspect(sample((SAMPLES / "max-heromode.mp4").read_bytes()[:kept]))
    assert not facts.playable
    assert facts.problem


@pytest.mark.parametrize("seed", range(6))
def test_mutilated_files_get_an_answer(sample, seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray((SAMPLES / "test_h265.mp4").read_bytes())
    for _ in range(200):
        content[dice.randrange(len(content))] = dice.randrange(256)
    facts = inspect(sample(bytes(content)))
    assert facts.playable or facts.problem


def test_text_and_noise_are_no_media(sample) -> None:
    assert not inspect(sample(b"not a film\n" * 100)).playable
    assert not inspect(sample(random.Random(1).randbytes(300_000))).playable


@pytest.mark.parametrize("name", ["a.m3u8", "a.ffconcat", "a.mp4"])
def test_a_playlist_leads_nowhere(sample, tmp_path: Path, name: str) -> None:
    """Formats that name other files are not opened at all, whatever the suffix."""
    inside = (SAMPLES / "test_h265.mp4").resolve()
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{inside}\n#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile '{inside}'\n"
    facts = inspect(sample((concat if "concat" in name else playlist).encode(), name))
    assert not facts.playable
    assert facts.streams == ()


def child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str) -> Path:
    program = tmp_path / "child.py"
    program.write_text(source)
    monkeypatch.setattr(media_probe, "__file__", str(program))
    victim = tmp_path / "victim.mp4"
    victim.write_bytes(b"x")
    return victim


def test_a_tool_that_hangs_is_stopped(monkeypatch, tmp_path: Path) -> None:
    victim = child(monkeypatch, tmp_path, "import time; time.sleep(600)")
    facts = inspect(victim, timeout=0.3)
    assert not facts.playable
    assert "0.3 s" in str(facts.problem)


def test_a_tool_that_floods_is_stopped(monkeypatch, tmp_path: Path) -> None:
    flood = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    assert not inspect(child(monkeypatch, tmp_path, flood)).playable


@pytest.mark.parametrize(
    "answer",
    ["", "nonsense", "[]", "{}", '{"playable": true, "streams": [{"kind": "Video"}]}',
     '{"playable": true, "duration_ms": -5}', '{"playable": false, "problem": "\\ud800"}'],
)  # fmt: skip
def test_a_tool_that_answers_nonsense_is_not_believed(
    monkeypatch, tmp_path: Path, answer: str
) -> None:
    victim = child(monkeypatch, tmp_path, f"print({answer!r})")
    facts = inspect(victim)
    assert not facts.playable
    assert facts.problem


def test_a_tool_that_crashes_is_an_answer(monkeypatch, tmp_path: Path) -> None:
    victim = child(monkeypatch, tmp_path, "import os; os.abort()")
    assert inspect(victim).problem == "the media tool was ended by signal 6"


BOUNDS = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("probe", {path!r})
probe = importlib.util.module_from_spec(spec); spec.loader.exec_module(probe)
probe.bound()
problems = []
try:
    bytearray(probe.MEMORY_BYTES)
    problems.append("memory")
except MemoryError:
    pass
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open({target!r}, "wb", buffering=0) as out:
        out.write(b"x")
    problems.append("file")
except OSError:
    pass
print(json.dumps({{"playable": False, "problem": ",".join(problems) or "bounded"}}))
"""


def test_the_child_can_neither_grow_nor_write(monkeypatch, tmp_path: Path) -> None:
    source = BOUNDS.format(path=media_probe.__file__, target=str(tmp_path / "out"))
    assert inspect(child(monkeypatch, tmp_path, source)).problem == "bounded"
    assert not (tmp_path / "out").exists() or (tmp_path / "out").stat().st_size == 0


def test_the_file_is_left_as_it_was(sample) -> None:
    path = sample((SAMPLES / "test_h265.mp4").read_bytes())
    path.chmod(0o444)
    before = path.read_bytes()
    inspect(path)
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_file_that_cannot_be_opened_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "nothing.mp4")


def test_secrets_of_the_agent_do_not_reach_the_child(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    source = "import json, os; print(json.dumps({'playable': False, 'problem': str(os.environ)}))"
    assert "s3cret" not in str(inspect(child(monkeypatch, tmp_path, source)).problem)


def test_the_probe_imports_nothing_of_ours() -> None:
    source = Path(media_probe.__file__).read_text("utf-8")
    assert "from edge" not in source
    assert "from dock_agent" not in source


def test_playable_footage_gets_a_media_tree() -> None:
    probed = probe(SAMPLES / "max-heromode.mp4")
    tree = probed.media.tree
    assert tree is not None
    assert tree.algorithm == "framehash-sha256"
    assert [(it.index, it.packets) for it in tree.streams] == [(0, 315), (1, 493)]
    assert probed.signature is None


def test_camera_signature_is_a_claim_in_the_manifest() -> None:
    signature = probe(SAMPLES / "test_signed_h264.mp4").signature
    assert signature is not None
    assert signature.kind == "onvif-media-signing"


def test_unplayable_file_has_no_tree_and_no_signature(sample) -> None:
    probed = probe(sample(b"no media"))
    assert (probed.media.playable, probed.media.tree, probed.signature) == (False, None, None)
