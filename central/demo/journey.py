"""The journey itself, in order: each step waits for a fact, tells it, and remembers it."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central.demo import offline
from central.demo.camera import SERIAL, card_digest
from central.demo.children import Children
from central.demo.desk import Desk
from central.demo.follow import Event, Follower
from central.demo.narrator import Narrator, amount
from central.demo.site import BAY, SITE, STATION, USER, WITNESS, Site
from central.demo.tamper import flipped_copy

_CASE_NUMBER = "陵市监罚〔2026〕12号"
_CASE_TITLE = "演示案件 · demonstration case"
_LINK_REASON = "现场检查 · on-site inspection"
_PURPOSE = "演示 · demonstration"
_CODE_REFUSED = "DELETE_REFUSED"


class JourneyError(Exception):
    """A step did not end as promised; says what was expected and what was found."""

    code = "JOURNEY_FAILED"


@dataclass(slots=True, kw_only=True)
class Journey:
    """One camera, from the bay to a verified package and a found alteration."""

    narrator: Narrator
    site: Site
    children: Children
    follower: Follower
    desk: Desk
    card: Path
    out: Path
    own_card: bool
    recordings: Sequence[dict[str, Any]] = ()
    case: str = ""

    def run(self) -> None:
        """Every step, until the altered byte is found."""
        self.start()
        before = card_digest(self.card, content=not self.own_card)
        self.dock()
        self.deliver()
        self.check_camera(before)
        self.dock_again()
        self.handle()
        self.check()

    def start(self) -> None:
        """A site of its own: keys, broker, central, station."""
        tell = self.narrator.step
        with tell("prepare") as step:
            self.site.prepare()
            step.facts.update(central=SITE, station=STATION)
        with tell("broker") as step:
            self.site.start_broker(self.children)
            step.facts.update(port=self.site.ports.mqtt)
        with tell("witness") as step:
            self.site.start_witness(self.children)
            step.facts.update(name=WITNESS)
        with tell("central") as step:
            self.site.start_central(self.children, self.desk)
            step.facts.update(url=self.site.url)
        with tell("station") as step:
            self.site.start_station(self.children, self.follower)
            step.facts.update(station=STATION)

    def dock(self) -> None:
        """Detected, inventory, copying, sealed."""
        tell, heard = self.narrator.step, self.follower
        with tell("detected") as step:
            self.site.dock(self.card, SERIAL)
            heard.first("detected")
            step.facts.update(bay=BAY, serial=SERIAL)
        with tell("inventory") as step:
            facts = heard.first("inventory")
            if not facts["files"]:
                message = f"expected files on the card, found none in {self.card}"
                raise JourneyError(message)
            step.facts.update(files=facts["files"], bytes=amount(facts["bytes"]))
        with tell("copying") as step:
            began = self.narrator.seconds
            heard.until("docking_done", lambda: bool(heard.all("docking_done")), self._live)
            took = max(self.narrator.seconds - began, 0.001)
            rate = f"{facts['bytes'] / took / 1e6:.0f} MB/s"
            total = amount(facts["bytes"])
            step.facts.update(of=facts["files"], total=total, rate=rate)
            _expect_outcome(heard.all("docking_done")[0], "complete")
        with tell("sealed") as step:
            sealed = heard.all("sealed")
            last = f"seq {sealed[-1]['seq']}" if sealed else "seq -"
            step.facts.update(files=len(sealed), path=last)

    def deliver(self) -> None:
        """Logged and stored: both by receipts that the station itself has verified."""
        tell, heard = self.narrator.step, self.follower
        sealed = {event["recording"]: event for event in heard.all("sealed")}
        with tell("logged") as step:
            self._await_all("logged", set(sealed))
            indexes = sorted(
                event["index"] for event in heard.all("logged") if event.get("recording")
            )
            step.facts.update(indexes=_ranges(indexes))
        with tell("stored") as step:
            self._await_all("stored", set(sealed))
            self.desk.sign_in(USER, self.site.password)
            self.recordings = [row for row in self.desk.recordings() if row["id"] in sealed]
            self.narrator.recordings = [_reported(row) for row in self.recordings]
            _expect_all_stored(self.recordings, len(sealed))
            until = min(r["retain_until"] for row in self.recordings for r in row["replicas"])
            step.facts.update(until=until[:10])

    def check_camera(self, before: str) -> None:
        """Nothing was written to the card."""
        with self.narrator.step("camera_untouched") as step:
            after = card_digest(self.card, content=not self.own_card)
            if after != before:
                message = f"expected the card's digest {before}, found {after}"
                raise JourneyError(message)
            step.facts.update(digest=f"{after[:8]}…{after[-8:]}")

    def dock_again(self) -> None:
        """Pull the card and dock it again: known by content, nothing doubled."""
        heard = self.follower
        with self.narrator.step("redocked") as step:
            self.site.undock()
            heard.until("vanished", lambda: bool(heard.all("vanished")))
            heard.forget()
            self.site.dock(self.card, SERIAL)
            done = heard.first("docking_done")
            _expect_outcome(done, "nothing-new")
            found = len(self.desk.recordings())
            if found != len(self.recordings):
                message = f"expected {len(self.recordings)} recordings, found {found}"
                raise JourneyError(message)
            step.facts.update(known=done["files"])

    def handle(self) -> None:
        """What a case handler does: link, and fail to delete."""
        with self.narrator.step("linked") as step:
            case = self.desk.open_case(_CASE_NUMBER, _CASE_TITLE)
            self.case = str(case["id"])
            for row in self.recordings:
                self.desk.link(self.case, row["id"], _LINK_REASON)
            step.facts.update(number=_CASE_NUMBER, files=len(self.recordings))
        with self.narrator.step("deletion_refused") as step:
            one = f"/api/v1/recordings/{self.recordings[0]['id']}"
            targets = (one, f"{one}/footage", f"/api/v1/cases/{self.case}")
            codes = {self.desk.try_to_delete(target) for target in targets}
            if codes != {_CODE_REFUSED}:
                message = f"expected {_CODE_REFUSED} each time, found {sorted(codes)}"
                raise JourneyError(message)
            step.facts.update(attempts=len(targets), code=_CODE_REFUSED)

    def check(self) -> None:
        """Export, verify offline, flip one byte, verify again."""
        package, trust = self.out / "package", self.out / "trust"
        with self.narrator.step("exported") as step:
            export = self.desk.export(self.case, _PURPOSE)
            archive = self.site.root / "package.zip"
            self.desk.download(export, archive)
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(package)
                files = len(opened.namelist())
            self.site.copy_trust(trust)
            step.facts.update(files=files, bytes=amount(archive.stat().st_size))
        with self.narrator.step("verified") as step:
            report = offline.verify(package, trust, expect=0)
            step.facts.update(grade=report["grade"], witnesses=len(report["witnesses"]))
        with self.narrator.step("tampered") as step:
            altered = self.site.root / "tampered"
            file, offset = flipped_copy(package, altered)
            verdicts = offline.verify(altered, trust, expect=1)["verdicts"]
            start, end = offline.located(verdicts, str(file), offset)
            step.facts.update(code="FILE_ALTERED", file=file.name, start=start, end=end)

    def _await_all(self, name: str, wanted: set[str]) -> None:
        def reached() -> bool:
            return wanted <= {event.get("recording") for event in self.follower.all(name)}

        self.follower.until(name, reached)

    def _live(self, event: Event) -> None:
        if event["event"] != "copying":
            return
        self.narrator.live(
            self.narrator.words.say(
                "copying.live",
                n=event["n"],
                of=event["of"],
                bytes=amount(event["bytes"]),
                total=amount(event["total"]),
                rate=f"{event['mb_s']} MB/s",
                path=event["path"],
            ),
            mark=event["n"],
        )


def _reported(row: dict[str, Any]) -> dict[str, object]:
    """One recording as `report.json` lists it."""
    return {
        "recording": row["id"],
        "camera_path": row["path"],
        "size": row["size"],
        "sha256": row["sha256"],
        "leaf_index": row["index"],
        "state": row["state"],
        "envelope": row["envelope"],
    }


def _expect_outcome(done: Event, wanted: str) -> None:
    if done["outcome"] != wanted:
        message = f"expected the docking to end '{wanted}', found '{done['outcome']}'"
        raise JourneyError(message)


def _expect_all_stored(rows: Sequence[dict[str, Any]], wanted: int) -> None:
    stored = [row for row in rows if row["state"] == "stored"]
    if len(stored) != wanted:
        message = f"expected {wanted} recordings stored in the index, found {len(stored)}"
        raise JourneyError(message)


def _ranges(numbers: Sequence[int]) -> str:
    """``3-5, 8`` for 3, 4, 5, 8."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts)
