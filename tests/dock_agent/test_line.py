"""What keeps a station from its broker is named, with the likely cause."""

import socket
import threading

import pytest

from dock_agent.courier.line import Address, Line
from dock_agent.errors import BrokerError, ConfigError
from dock_agent.tls import TlsFiles
from tests.dock_agent.conftest import Place
from tests.dock_agent.pki import Authority
from tests.dock_agent.tree import STATION

pytestmark = pytest.mark.broker


def address(place: Place, **changes) -> Address:
    pki = place.tree.pki
    files = {
        "ca": pki.path,
        "certificate": pki.folder / f"{STATION}.pem",
        "key": pki.folder / f"{STATION}.key",
    }
    port = changes.pop("port", place.broker.port)
    tls = TlsFiles(**{**files, **changes})
    return Address(host="127.0.0.1", port=port, tls=tls, client=STATION)


def refused(where: Address) -> BrokerError:
    with pytest.raises(BrokerError) as refusal:
        Line(where, ["liuhen/v1/station/dock-01/receipts"])
    return refusal.value


def test_no_listener(place: Place, free_port: int) -> None:
    assert refused(address(place, port=free_port)).code == "BROKER_UNREACHABLE"


def test_a_broker_of_another_ca_is_not_trusted(place: Place, tmp_path) -> None:
    other = Authority(tmp_path / "other", "other-ca")
    error = refused(address(place, ca=other.path))
    assert error.code == "BROKER_UNTRUSTED"
    assert "other-ca.pem" in str(error)


def test_a_certificate_of_another_ca_is_refused_by_the_broker(place: Place, tmp_path) -> None:
    certificate, key = Authority(tmp_path / "other").issue(STATION)
    error = refused(address(place, certificate=certificate, key=key))
    assert error.code == "BROKER_REFUSED"
    assert "certificate" in str(error)


def test_a_port_without_tls(place: Place, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)) as listener:

        def greet() -> None:
            caller, _ = listener.accept()
            caller.sendall(b"220 mail.example ESMTP\r\n")
            caller.close()

        threading.Thread(target=greet, daemon=True).start()
        assert refused(address(place, port=free_port)).code == "BROKER_NO_TLS"


def test_missing_files_are_named(place: Place, tmp_path) -> None:
    with pytest.raises(ConfigError) as refusal:
        Line(address(place, ca=tmp_path / "none.pem"), [])
    assert refusal.value.code == "TLS_FILES_BAD"
    assert "none.pem" in str(refusal.value)
