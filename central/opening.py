"""Opening one data folder: claim, index, log, keys, in that order; and closing it again.

Whoever holds an `OpenCentral` is the only process that writes in this folder. Starts no
listener and no broker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from central.config import CentralConfig
from central.data_folder import DataFolder
from central.errors import NotInitialisedError
from central.log.committer import Committer, Step
from central.log.keyring import Enrolments, Keyring
from central.log.reader import LogReader
from central.log.witnessed import WitnessedLog
from central.log.writer import LogWriter
from central.pki.policy_file import PolicyFile
from central.store import Store
from edge.evidence.note import NoteSigner
from edge.evidence.policy import TrustPolicy
from edge.evidence.signers import Ed25519Signer, Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCentral:
    """Everything that works on one data folder shares this."""

    config: CentralConfig
    folder: DataFolder
    store: Store
    log: LogWriter
    reader: LogReader
    policy: TrustPolicy
    keyring: Keyring
    enrolments: Enrolments
    witnessed: WitnessedLog
    key: Signer  # signs receipts and the acts of people


@contextmanager
def open_central(
    config: CentralConfig, *, step: Step = lambda _name: None
) -> Iterator[OpenCentral]:
    """Open the data folder of `config`, and close it when the block ends.

    Raises DataFolderInUseError, NotInitialisedError, GuardMissingError, and what the log
    raises where files, index and checkpoint contradict each other.
    """
    folder = DataFolder(config.central.data)
    with folder.claim():
        folder.make()
        key = Ed25519Signer.from_pem(read_private(folder.central_key))
        log_key = NoteSigner(
            config.central.origin, Ed25519Signer.from_pem(read_private(folder.log_key))
        )
        policy = TrustPolicy.parse(read_private(config.trust.policy))
        store = Store.open(folder.index)
        committer = Committer(folder, store, log_key=log_key, central_key=key, step=step)
        log = LogWriter(committer)
        try:
            keyring = Keyring.from_log(policy, store)
            enrolments = Enrolments(config.trust.keys, keyring, log)
            enrolments.take()
            yield OpenCentral(
                config=config,
                folder=folder,
                store=store,
                log=log,
                reader=LogReader(folder, store),
                policy=policy,
                keyring=keyring,
                enrolments=enrolments,
                witnessed=WitnessedLog(folder, store, PolicyFile(config.trust.policy, policy)),
                key=key,
            )
        finally:
            log.close()
            store.close()


def read_private(path: Path) -> bytes:
    """A file that `central init` makes. Raises NotInitialisedError where it is missing."""
    try:
        return path.read_bytes()
    except FileNotFoundError as missing:
        raise NotInitialisedError(
            expected=f"{path.name} (made by: central init)",
            found=f"nothing at {path}",
            path=str(path),
        ) from missing
