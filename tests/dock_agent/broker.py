"""A real Mosquitto with mutual TLS 1.3 and an access list per certificate, for one test."""

import socket
import subprocess
import time
from pathlib import Path

from edge import clock
from tests.conftest import Mosquitto
from tests.dock_agent.pki import Authority

_ACL = """
pattern write liuhen/v1/station/%u/evidence
pattern write liuhen/v1/station/%u/heartbeat
pattern read liuhen/v1/station/%u/receipts
pattern read liuhen/v1/station/%u/problems
pattern read liuhen/v1/station/%u/witness/request
pattern write liuhen/v1/station/%u/witness/response
pattern write liuhen/v1/station/%u/consistency/request
pattern read liuhen/v1/station/%u/consistency/response
user central
topic read liuhen/v1/station/+/evidence
topic read liuhen/v1/station/+/heartbeat
topic write liuhen/v1/station/+/receipts
topic write liuhen/v1/station/+/problems
topic write liuhen/v1/station/+/witness/request
topic read liuhen/v1/station/+/witness/response
topic read liuhen/v1/station/+/consistency/request
topic write liuhen/v1/station/+/consistency/response
"""


class Broker:
    """Start, stop and start again: sessions are on disk."""

    def __init__(self, mosquitto: Mosquitto, folder: Path, pki: Authority, port: int) -> None:
        self.port = port
        self._mosquitto = mosquitto
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        folder.chmod(0o700)
        certificate, key = pki.issue("127.0.0.1", stem="broker")
        (folder / "acl").write_text(_ACL)
        (folder / "mosquitto.conf").write_text(
            "\n".join(
                [
                    f"listener {port} 127.0.0.1",
                    "user root",
                    "tls_version tlsv1.3",
                    f"cafile {pki.path}",
                    f"certfile {certificate}",
                    f"keyfile {key}",
                    "require_certificate true",
                    "use_identity_as_username true",
                    "use_username_as_clientid true",
                    "allow_anonymous false",
                    f"acl_file {folder / 'acl'}",
                    "message_size_limit 1048576",
                    "max_queued_messages 20000",
                    "persistence true",
                    f"persistence_location {folder}/",
                    "autosave_interval 1",
                    "autosave_on_changes true",
                    f"log_dest file {folder / 'log'}",
                ]
            )
        )

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._mosquitto.program, "-c", str(self._folder / "mosquitto.conf")],
            env=self._mosquitto.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = clock.monotonic() + 10
        while clock.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"no broker on port {self.port}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
