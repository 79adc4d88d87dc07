"""The command line: keys are made once, the server stops cleanly, wrong usage is 2."""

import http.client
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edge.witness.__main__ import main
from edge.witness.errors import KeyFileError
from edge.witness.keys import WitnessKeys, read_keys, read_logs
from tests.edge.witness.makers import Log

ROOT = Path(__file__).parents[3]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    made = Log()
    (tmp_path / "logs").write_text(f"# the site's log\n\n{made.verifier.vkey}\n")
    return made


def options(folder: Path, *names: str) -> list[str]:
    return [word for name in names for word in (f"--{name}", str(folder / name))]


def keygen(folder: Path, *more: str) -> int:
    return main(["keygen", "--name", "w.test/1", *options(folder, "key", "state"), *more])


def test_keygen_makes_keys_and_state_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keygen(tmp_path, "--ml-dsa") == 0
    keys = read_keys(tmp_path / "key")
    assert capsys.readouterr().out.split() == list(keys.vkeys)
    assert len(keys.vkeys) == 2
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    before = (tmp_path / "key").read_bytes()
    assert keygen(tmp_path) == 1
    assert "FileExistsError" in capsys.readouterr().err
    assert (tmp_path / "key").read_bytes() == before


def test_name_that_no_line_can_hold_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keygen", "--name", "a b", *options(tmp_path, "key", "state")]) == 1
    assert "white space" in capsys.readouterr().err
    assert not (tmp_path / "key").exists()


def test_server_answers_says_what_it_is_and_stops_on_a_signal(tmp_path: Path, log: Log) -> None:
    keygen(tmp_path)
    words = [sys.executable, "-m", "edge.witness", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*words, *options(tmp_path, "key", "logs", "state")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("w.test/1+")
    line = process.stdout.readline()
    port = int(line.split(":")[2].split("/")[0])
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    link.request("POST", "/add-checkpoint", log.request(0, 5))
    assert link.getresponse().status == 200
    link.close()
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in told


def test_serving_without_state_is_refused(
    tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    keygen(tmp_path)
    shutil.move(tmp_path / "state", tmp_path / "lost")
    served = main(["--listen", "127.0.0.1:0", *options(tmp_path, "key", "logs", "state")])
    assert served == 1
    assert capsys.readouterr().err.startswith("STATE_MISSING: ")


def test_restored_state_is_shown_told_and_accepted_one_log_at_a_time(
    tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    keygen(tmp_path)
    os.chmod(tmp_path / "state" / "state.json", 0o640)  # noqa: PTH101 - any change of its inode
    capsys.readouterr()
    assert main(["show", *options(tmp_path, "state")]) == 0
    assert json.loads(capsys.readouterr().out)["suspect"] is True

    everything = options(tmp_path, "key", "logs", "state")
    assert main(["accept-restored", *everything, "--log", "log.test/other"]) == 1
    assert main(["accept-restored", *everything, "--log", log.origin]) == 0
    assert capsys.readouterr().out == f"accepted: {log.origin}\n"
    assert main(["accept-restored", *everything]) == 0
    assert capsys.readouterr().out == ""


def test_restored_state_is_told_when_serving_begins(
    tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keygen(tmp_path)
    (tmp_path / "state" / "state.json").chmod(0o640)
    monkeypatch.setattr("edge.witness.server.WitnessServer.serve_forever", lambda _: None)
    everything = options(tmp_path, "key", "logs", "state")
    assert main(["--listen", "127.0.0.1:0", *everything]) == 0
    assert f"RESTORED_STATE: {log.origin}" in capsys.readouterr().err
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["keygen"],
        ["nonsense"],
        ["--listen", "7379"],
        ["--listen", "127.0.0.1:99999"],
        ["--listen", ":1"],
    ],
)
def test_wrong_usage_is_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_help_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    for word in ("keygen", "show", "accept-restored", "--logs", "RESTORED_STATE", "Exit codes"):
        assert word in told


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b'{"format":"liuhen-witness-key/v2"}',
        b'{"ed25519":"x","format":"liuhen-witness-key/v1","name":"a"}',
        b'{"ed25519":1,"format":"liuhen-witness-key/v1","name":"a"}',
    ],
)
def test_key_file_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(KeyFileError) as bad:
        WitnessKeys.parse(raw)
    assert bad.value.code == "KEY_FILE_BAD"


def test_keys_survive_their_file() -> None:
    keys = WitnessKeys.generate("w.test/1", mldsa=True)
    again = WitnessKeys.parse(keys.to_bytes())
    assert again.vkeys == keys.vkeys
    text = "log.test/one\n1\n" + "A" * 43 + "=\n"
    assert again.verifiers[1].time_of(f"{text}\n{keys.line(text, 7)}") == 7


def test_checkpoint_with_extension_lines_has_no_mldsa_line() -> None:
    keys = WitnessKeys.generate("w.test/1", mldsa=True)
    text = "log.test/one\n1\n" + "A" * 43 + "=\nextension\n"
    assert keys.line(text, 7).count("\n") == 1


@pytest.mark.parametrize("second", ["not a key", None])
def test_list_of_logs_is_read_whole_or_not_at_all(tmp_path: Path, second: str | None) -> None:
    vkeys = [Log().verifier.vkey, second or Log().verifier.vkey]
    (tmp_path / "logs").write_text("\n".join(vkeys))
    with pytest.raises(KeyFileError, match="line 2"):
        read_logs(tmp_path / "logs")
