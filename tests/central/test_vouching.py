"""A package carries what vouches for its log, and a verifier reaches the grade that it earned."""

import contextlib
import io
import json
import shutil
import time
import zipfile

import pytest

from central.log.anchors import AnchorFolder, date_newest
from central.log.outsiders import Outsider
from central.log.witnesses import Witnessing
from central.pki import policy_file
from tests.central.outside import OutsideWitness, TsaServer
from tests.central.served import Served
from tests.central.test_export import export, fetch, linked_case, verify
from tests.evidence.tsa import LocalTsa


@pytest.fixture
def served(opened, station):
    with Served(opened, station).running() as running:
        yield running


@pytest.fixture
def handler(served):
    with served.person("handler") as client:
        yield client


class Around:
    """Witnesses and authority around a served central."""

    def __init__(self, site, central, root):
        self.site, self.central, self.root = site, central, root
        log = central.policy.log(central.config.central.origin)
        self.policy = site.made.policy
        wire = json.loads(self.policy.read_bytes()) | {"witnesses": []}
        self.policy.write_bytes(json.dumps(wire).encode())
        self.witnesses = [
            self._witness("w/station", "station", log),
            self._witness("w/outsider", "outsider", log),
        ]
        policy_file.set_quorum(self.policy, stations=1, outsiders=1)

    def _witness(self, name, kind, log):
        made = OutsideWitness(self.root / name, name, log)
        policy_file.add_witness(self.policy, made.keys.vkeys[0], kind)
        return made

    @contextlib.contextmanager
    def asking(self):
        with contextlib.ExitStack() as stack:
            asked = [Outsider(stack.enter_context(it.serving()).url) for it in self.witnesses]
            central = self.central
            witnessing = Witnessing(central.witnessed, central.reader, lambda: asked, pause=0.05)
            central.log.listen(witnessing.wake)
            witnessing.start()
            try:
                yield
            finally:
                witnessing.stop()


@pytest.fixture
def around(site, opened, tmp_path):
    return Around(site, opened, tmp_path)


def unpacked(content, folder):
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        packed.extractall(folder)
    return folder


def trust_of(site, tmp_path):
    trust = tmp_path / "verifier"
    trust.mkdir()
    shutil.copyfile(site.made.policy, trust / "policy.json")
    return trust


def test_a_witnessed_export_verifies_with_the_quorum_and_grade_b(
    served, handler, around, site, tmp_path
):
    with around.asking():
        case = linked_case(served, handler, b"abc")
        package = unpacked(fetch(handler, export(handler, case)["id"]).content, tmp_path / "out")
    status, report = verify(package, trust_of(site, tmp_path))
    assert (status, report["grade"]) == (0, "B"), report["verdicts"]
    assert len(report["witnesses"]) == 2
    recording = handler.get("/api/v1/recordings").json()["items"][0]
    assert recording["witnessed"]["met"]
    assert (recording["witnessed"]["witnesses"], recording["witnessed"]["known"]) == (2, 2)
    assert "2" in handler.get(f"/recordings/{recording['id']}?lang=en").text
    assert "witnessed 2 of 2" in handler.get(f"/recordings/{recording['id']}?lang=en").text
    told = served.stranger().get("/log/checkpoint.witnessed").text
    assert "w/outsider" in told
    assert "w/station" in told


def test_with_a_time_stamp_over_the_recording_it_is_grade_a(
    served, handler, around, site, tmp_path
):
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    tsa = LocalTsa.make(tmp_path / "tsa")
    pem, chain = tsa.folder / "tsa.pem", tsa.folder / "ca.pem"
    policy_file.add_authority(around.policy, tsa.name, pem.read_bytes(), [chain.read_bytes()])
    with around.asking(), TsaServer(tsa).serving() as server:
        case = linked_case(served, handler, b"abc")
        central = served.central
        folder = AnchorFolder(central.folder.anchors)
        date_newest(folder, central.reader, central.witnessed.policy, (server.url,))
        package = unpacked(fetch(handler, export(handler, case)["id"]).content, tmp_path / "out")
    status, report = verify(package, trust_of(site, tmp_path))
    assert (status, report["grade"]) == (0, "A"), report["verdicts"]


def test_without_witnesses_the_package_is_made_and_the_verifier_says_so(
    served, handler, around, site, tmp_path
):
    case = linked_case(served, handler, b"abc")
    package = unpacked(fetch(handler, export(handler, case)["id"]).content, tmp_path / "out")
    status, report = verify(package, trust_of(site, tmp_path))
    assert status == 1
    assert [it["code"] for it in report["verdicts"]] == ["WITNESS_SHORT"]
    recording = handler.get("/api/v1/recordings").json()["items"][0]
    assert not recording["witnessed"]["met"]
    assert "unwitnessed, 0 of 2" in handler.get("/recordings?lang=en").text


def test_an_export_made_again_is_the_same_though_witnesses_agreed_since(
    served, handler, around, tmp_path
):
    case = linked_case(served, handler, b"abc")
    made = export(handler, case)
    first = fetch(handler, made["id"]).content
    folder = served.central.folder.exports / made["id"]
    with around.asking():
        handler.post("/api/v1/cases", json={"number": "x-2", "title": "another"})
        deadline = 200
        while served.central.witnessed.newest() is None and deadline:
            deadline -= 1
            time.sleep(0.05)
    assert served.central.witnessed.newest() is not None
    (folder / "archive.json").rename(tmp_path / "archive.json")
    (folder / "package").rename(tmp_path / "package")
    assert fetch(handler, made["id"]).content == first
