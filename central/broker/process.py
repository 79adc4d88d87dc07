"""Mosquitto as a child process: found, configured, started, ended with us.

The child gets SIGTERM when this process ends in any way (Linux prctl). Does not restart it:
the service manager restarts the command, and stations and central reconnect.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from central.broker.configuration import BrokerFiles, access_list, configuration
from central.config import CentralConfig
from central.data_folder import DataFolder
from central.errors import BrokerNotFoundError
from edge import durable

PROGRAM = "LIUHEN_MOSQUITTO"
LIBRARIES = "LIUHEN_MOSQUITTO_LIBS"
_USUAL_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def find() -> Path:
    """Mosquitto's program: from LIUHEN_MOSQUITTO, PATH or the usual places.

    Raises BrokerNotFoundError.
    """
    named = os.environ.get(PROGRAM)
    search = os.pathsep.join((os.environ.get("PATH", ""), _USUAL_PLACES))
    found = shutil.which(named or "mosquitto", path=search)
    if found is None:
        raise BrokerNotFoundError(
            expected=f"the program mosquitto (2.0 or later) on PATH or named by {PROGRAM}",
            found=named or "none",
        )
    return Path(found)


def revocations_of(config: CentralConfig) -> Path:
    """The list of revoked certificates, beside the authority's certificate."""
    return config.broker.client_ca.parent / "crl.pem"


def files_of(config: CentralConfig) -> BrokerFiles:
    """The broker's files for this site."""
    crl = revocations_of(config)
    return BrokerFiles(
        folder=DataFolder(config.central.data).broker,
        listen=config.broker.listen,
        port=config.mqtt.port,
        ca=config.broker.client_ca,
        certificate=config.broker.certificate,
        key=config.broker.key,
        user=_own_user(),
        crl=crl if crl.exists() else None,
    )


def write_files(files: BrokerFiles) -> None:
    """Write configuration and access list anew; the state folder is kept as it is."""
    durable.make_folder(files.folder, mode=0o700)
    durable.make_folder(files.state, mode=0o700)
    durable.replace(files.access, access_list().encode(), mode=0o600)
    durable.replace(files.configuration, configuration(files).encode(), mode=0o600)


def start(config: CentralConfig) -> subprocess.Popen[bytes]:
    """Start the broker of this site; its log goes to our stderr."""
    program, files = find(), files_of(config)
    write_files(files)
    environment = dict(os.environ)
    libraries = environment.get(LIBRARIES)
    if libraries:
        environment["LD_LIBRARY_PATH"] = libraries
    return subprocess.Popen(
        [str(program), "-c", str(files.configuration)],
        stdin=subprocess.DEVNULL,
        env=environment,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, before any thread
    )


def _own_user() -> str | None:
    """Started by root, Mosquitto would become `mosquitto`, who cannot read our keys."""
    return pwd.getpwuid(os.getuid()).pw_name if os.getuid() == 0 else None


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
