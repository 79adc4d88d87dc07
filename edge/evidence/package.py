"""An exported package: a pure function of signed things, the same bytes each time.

Everything in it is footage (its hash stands in a signed manifest), a signed envelope, a log
proof, or text that is derived from those. Nothing else goes in, so a verifier can derive the
rest again and compare. This module writes nothing: the caller places the small files and
hard-links or copies the footage. It does not check signatures either; `verify` does.

What the caller hands over as `exhibits`:

- the `export/v1` statement, logged (earlier exports of the same recordings may go in as
  history; the last in the log is the one that is handed out);
- for each recording it names: the manifest, the station's statement before it in the chain,
  the inventory, the `receipt-stored/v1`;
- the key events that vouch for every signer: enrolment of each station and of central, the
  epoch of each boot that signed something here, any revocation;
- the cases, links, unlinks and accesses that concern those recordings.

Each with its leaf index and inclusion path in the tree of `checkpoint`, except where it is
no leaf (an enrolment that was never logged). The checkpoint has to be new enough to hold the
export itself; for equal bytes use the same one each time (the tree right after the export).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.evidence.consistency import Consistency
from edge.evidence.digest import Digest
from edge.evidence.encoding import encode, encode_base64
from edge.evidence.envelope import Envelope
from edge.evidence.errors import EvidenceError
from edge.evidence.media_tree import unpack_packets
from edge.evidence.package_bag import framed, safe_name
from edge.evidence.package_history import history_files, row_of
from edge.evidence.package_log import Anchor, log_files
from edge.evidence.package_readme import readmes
from edge.evidence.proof import format_proof
from edge.evidence.segments import Segments, pack_leaves
from edge.evidence.statement import Export, Recording, Statement

INDEX = "data/package.json"
MEDIA = "data/media/"
CHECKPOINT = "data/checkpoint"
VERIFIERS = ("data/verify.py", "data/verify.html")
"""Programs for the receiver, no evidence: any bytes may stand here, as the manifest says."""


class PackageError(EvidenceError):
    """What was handed over does not make a package that could be verified."""

    code = "PKG_INCOMPLETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One envelope that goes in, with its place in the log where it has one."""

    envelope: Envelope
    index: int | None = None
    path: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageFile:
    """A file the caller places itself: the bytes of `recording`, under `path`."""

    path: str
    recording: str
    sha256: Digest
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """`files` are to be written in this order; the manifests come last."""

    files: tuple[tuple[str, bytes], ...]
    footage: tuple[FootageFile, ...]


def build(  # noqa: PLR0913 - each part of a package is handed over under its name
    exhibits: Sequence[Exhibit],
    *,
    checkpoint: str,
    leaves: Mapping[str, Sequence[Digest]],
    consistency: Iterable[Consistency] = (),
    anchors: Iterable[Anchor] = (),
    verifiers: Mapping[str, bytes] | None = None,
    packets: Mapping[str, bytes] | None = None,
) -> Package:
    """Lay out a package. `leaves` holds each recording's segment digests, by its id.

    `consistency` are proofs between `checkpoint` and the states that stations saw (see
    `package_log.sizes_seen`) or that `anchors` date; without them there is less to prove.
    `verifiers` are the contents of VERIFIERS, by path; any of them may be left out.
    `packets` are packet lists (`media_tree`) by recording id, for those that have one.

    Raises PackageError where the export, a manifest or a leaf list is not there, and
    EvidenceError where an envelope does not hold a statement.
    """
    contents = read_contents(exhibits)
    export = _export_of(contents)
    recordings = _recordings_of(contents, export)
    footage = tuple(_footage_of(recording) for _, recording in recordings)
    payload = dict(evidence_files(contents, checkpoint)) | dict(log_files(consistency, anchors))
    for _, recording in recordings:
        listed = pack_leaves(_leaves_of(recording, leaves))
        payload[leaves_path(recording.recording)] = listed
        payload |= _packet_list(recording, packets or {})
    payload |= _derived_files(contents, export, recordings, footage)
    payload |= {name: raw for name, raw in (verifiers or {}).items() if name in VERIFIERS}
    return Package(files=_bagged(export, payload, footage), footage=footage)


def envelope_path(digest: Digest) -> str:
    return f"data/envelopes/{digest}.json"


def proof_path(digest: Digest) -> str:
    return f"data/proofs/{digest}.tlog-proof"


def leaves_path(recording: str) -> str:
    return f"data/leaves/{recording}.leaves"


def packets_path(recording: str) -> str:
    return f"{MEDIA}{recording}.packets"


def footage_path(recording: str, camera_path: str) -> str:
    return f"data/footage/{recording}/{safe_name(camera_path)}"


Content = tuple[Exhibit, Statement]


def read_contents(exhibits: Iterable[Exhibit]) -> list[Content]:
    """Each envelope once, in the order of the log; what was never logged comes first."""
    once = {exhibit.envelope.digest: exhibit for exhibit in exhibits}
    ordered = sorted(once.values(), key=_place)
    return [(it, Statement.parse(it.envelope.payload)) for it in ordered]


def _place(exhibit: Exhibit) -> tuple[int, str]:
    index = -1 if exhibit.index is None else exhibit.index
    return index, str(exhibit.envelope.digest)


def _export_of(contents: Sequence[Content]) -> Export:
    """The last one: earlier exports of the same recordings are history."""
    for _, statement in reversed(contents):
        if isinstance(statement.predicate, Export):
            return statement.predicate
    raise PackageError("package", expected="an export/v1 statement", found="none")


def _recordings_of(contents: Sequence[Content], export: Export) -> list[tuple[Exhibit, Recording]]:
    manifests = {
        exhibit.envelope.digest: (exhibit, statement.predicate)
        for exhibit, statement in contents
        if isinstance(statement.predicate, Recording)
    }
    found = []
    for named in dict.fromkeys(export.recordings):
        manifest = manifests.get(named.envelope)
        if manifest is None or manifest[1].recording != named.recording:
            raise PackageError("package", expected=f"manifest of {named.recording}", found="none")
        found.append(manifest)
    return found


def _footage_of(recording: Recording) -> FootageFile:
    return FootageFile(
        path=footage_path(recording.recording, recording.source.path),
        recording=recording.recording,
        sha256=recording.file.sha256,
        size=recording.file.size,
    )


def _leaves_of(recording: Recording, leaves: Mapping[str, Sequence[Digest]]) -> Sequence[Digest]:
    name = recording.recording
    if name not in leaves:
        expected = f"segment digests of {name}"
        raise PackageError("package", expected=expected, found="none")
    root = Segments.of_leaves(name, recording.file.size, leaves[name]).root
    if root != recording.file.segment_root:
        expected = f"segment digests with root {recording.file.segment_root}"
        raise PackageError("package", expected=expected, found=str(root))
    return leaves[name]


def _packet_list(recording: Recording, packets: Mapping[str, bytes]) -> dict[str, bytes]:
    """Raises EncodingError where it is not the one that the manifest's media tree is over."""
    packed, tree = packets.get(recording.recording), recording.media.tree
    if packed is None or tree is None:
        return {}
    unpack_packets(tree, packed)
    return {packets_path(recording.recording): packed}


def evidence_files(contents: Sequence[Content], checkpoint: str) -> Iterable[tuple[str, bytes]]:
    yield CHECKPOINT, checkpoint.encode()
    for exhibit, _ in contents:
        digest = exhibit.envelope.digest
        yield envelope_path(digest), _wrapped(exhibit.envelope)
        if exhibit.index is not None:
            proof = format_proof(exhibit.index, exhibit.path, checkpoint)
            yield proof_path(digest), proof.encode()


def _wrapped(envelope: Envelope) -> bytes:
    """The envelope in the one spelling of its JSON; payload and signatures as they are.

    The wrapping is not signed. In one spelling only, no byte of it can change unseen.
    """
    return encode(
        {
            "payload": encode_base64(envelope.payload),
            "payloadType": envelope.payload_type,
            "signatures": [
                {"keyid": signature.keyid, "sig": encode_base64(signature.sig)}
                for signature in envelope.signatures
            ],
        }
    )


def _derived_files(
    contents: Sequence[Content],
    export: Export,
    recordings: Sequence[tuple[Exhibit, Recording]],
    footage: Sequence[FootageFile],
) -> dict[str, bytes]:
    rows = [row_of(it, ex.envelope.digest, ex.index) for ex, it in contents]
    index = {
        "format": "liuhen-package/v1",
        "export": export.export,
        "checkpoint": CHECKPOINT,
        "envelopes": [_envelope_entry(ex, it) for ex, it in contents],
        "recordings": [
            _recording_entry(exhibit, recording, file)
            for (exhibit, recording), file in zip(recordings, footage, strict=True)
        ],
    }
    pages = readmes(
        export=export.export,
        at=str(export.at),
        purpose=export.purpose,
        recordings=len(recordings),
    )
    return dict(pages) | dict(history_files(rows)) | {INDEX: encode(index) + b"\n"}


def _envelope_entry(exhibit: Exhibit, statement: Statement) -> dict[str, Any]:
    digest = exhibit.envelope.digest
    entry: dict[str, Any] = {
        "envelope": str(digest),
        "type": statement.type,
        "file": envelope_path(digest),
    }
    if exhibit.index is not None:
        entry |= {"index": exhibit.index, "proof": proof_path(digest)}
    return entry


def _recording_entry(exhibit: Exhibit, recording: Recording, file: FootageFile) -> dict[str, Any]:
    return {
        "recording": recording.recording,
        "envelope": str(exhibit.envelope.digest),
        "path": recording.source.path,
        "footage": file.path,
        "leaves": leaves_path(recording.recording),
        "size": file.size,
        "sha256": str(file.sha256),
    }


def _bagged(
    export: Export, payload: Mapping[str, bytes], footage: Sequence[FootageFile]
) -> tuple[tuple[str, bytes], ...]:
    return framed(
        payload,
        {file.path: (file.sha256, file.size) for file in footage},
        identifier=export.export,
        date=str(export.at)[:10],
        description=export.purpose,
    )
