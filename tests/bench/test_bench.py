"""The bench says what it measured, honestly; speed itself is not tested here."""

import json

import pytest

from bench import __main__ as bench
from bench.claim import Claim, paired


def row(ratio: float) -> Claim:
    return Claim(
        name="a claim",
        ours=1.0,
        rival=ratio,
        rival_name="rival",
        ratio=ratio,
        quartiles=(ratio, ratio),
        goal=0.95,
    )


class Family:
    def __init__(self, ratio):
        self.ratio = ratio

    def measure(self):
        return [row(self.ratio)]


@pytest.mark.parametrize(("ratio", "code", "word"), [(0.96, 0, "met"), (0.94, 1, "MISSED")])
def test_missed_goal_is_said_and_fails(monkeypatch, capsys, tmp_path, ratio, code, word):
    monkeypatch.setattr(bench, "import_module", lambda _: Family(ratio))
    assert bench.main(["segments", "--json", str(tmp_path / "rows.json")]) == code
    assert word in capsys.readouterr().out
    (written,) = json.loads((tmp_path / "rows.json").read_text("utf-8"))
    assert written["met"] is (code == 0)
    assert {"name", "ours", "rival", "ratio", "quartiles", "goal"} <= written.keys()


def test_unknown_name_is_wrong_usage():
    with pytest.raises(SystemExit) as ended:
        bench.main(["nosuch"])
    assert ended.value.code == 2


def test_contenders_alternate_and_both_are_timed():
    calls: list[str] = []
    claim = paired(
        "order",
        ours=lambda: calls.append("ours"),
        rival=lambda: calls.append("rival"),
        rival_name="rival",
        goal=0.0,
        rounds=4,
    )
    untimed = ["ours", "rival"]
    assert calls == untimed + ["ours", "rival", "rival", "ours"] * 2
    assert claim.met
