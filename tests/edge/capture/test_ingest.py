"""The station's own recordings as evidence: one recorder, one agent, a real broker, and a
small central that verifies every envelope as it does any camera's."""

import hashlib
from collections.abc import Iterator

import pytest

from tests.dock_agent.conftest import Place, place  # noqa: F401 - a fixture
from tests.dock_agent.tree import footage
from tests.edge.capture.probe import needs_ffmpeg
from tests.edge.capture.process import Station

pytestmark = [pytest.mark.broker, needs_ffmpeg]


@pytest.fixture
def recorder(place: Place) -> Iterator[Station]:  # noqa: F811 - the fixture
    """The recorder of the same station."""
    made = Station(place.tree.root)
    yield made
    if made.child is not None:
        made.end(kill=True)


def test_a_recorded_docking_is_stored_and_verified_like_any_camera(
    place: Place,  # noqa: F811 - the fixture
    recorder: Station,
) -> None:
    recorder.configure(maximum=3, segments="seconds = 1")
    recorder.start()
    place.agent.start()
    camera = footage(1, 700)
    docking = place.tree.dock(place.tree.card(camera))
    recorder.until_event("announced")
    own = {path: path.read_bytes() for path in (recorder.spool / "card").rglob("*.*")}
    place.stored(len(camera) + len(own))
    place.closed(2)
    recorder.end()

    (inventory,) = (each for each in place.central.inventories if each.bay == "recorder")
    assert (inventory.camera.profile, inventory.camera.serial) == ("station-recorder", "STN_ST_01")
    recordings = {
        each.source.path: each
        for each in place.central.recordings.values()
        if each.source.bay == "recorder"
    }
    assert set(recordings) == {str(p.relative_to(recorder.spool / "card")) for p in own}
    for path, content in own.items():
        said = recordings[str(path.relative_to(recorder.spool / "card"))]
        assert str(said.file.sha256) == hashlib.sha256(content).hexdigest()
        assert place.central.vault[str(said.file.sha256)] == content
        assert "unplayable" not in said.flags
        assert said.media.playable is (path.suffix == ".mp4")
        assert path.read_bytes() == content
    assert len({each.recording for each in recordings.values()}) == len(own)
    assert recorder.notes[0]["dockings"] == [docking]


def test_a_recorder_that_starts_again_hands_over_nothing_twice(
    place: Place,  # noqa: F811 - the fixture
    recorder: Station,
) -> None:
    recorder.configure(maximum=1)
    recorder.start()
    place.agent.start()
    place.tree.dock(place.tree.card(footage(1, 10)))
    recorder.until_event("announced")
    place.closed(2)
    recorder.end()
    recorded = len(place.central.recordings)
    recorder.start()
    recorder.until_event("announced", 2)
    place.closed(3)
    assert place.central.dockings[2].outcome == "nothing-new"
    assert len(place.central.recordings) == recorded
