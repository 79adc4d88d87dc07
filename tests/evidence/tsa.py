"""A real time-stamping authority: `openssl ts` with a CA of its own, made for one test."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from edge.evidence.anchor import TimeAuthority

# The CA's certificate must be the longest: OpenSSL does not sort what it embeds, DER demands it.
_LONG = "a-name-that-makes-its-certificate-the-longest"
_CONFIG = """\
[ts]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
"""


@dataclass(frozen=True)
class LocalTsa:
    """`serial` is the number of its certificate; the same names every time."""

    folder: Path
    name: str = "Test TSA"

    @classmethod
    def make(
        cls, folder: Path, *, serial: int = 7, usage: str = "critical, timeStamping"
    ) -> "LocalTsa":
        folder.mkdir()
        config = folder / "openssl.cnf"
        config.write_text(_CONFIG.format(folder=folder, usage=usage))
        (folder / "serial").write_text("01\n")
        made = cls(folder)
        made._openssl("ecparam -name prime256v1 -genkey -noout -out ca.key")
        made._openssl("ecparam -name prime256v1 -genkey -noout -out tsa.key")
        made._openssl(
            f"req -x509 -new -key ca.key -subj /CN=Test-CA/O={_LONG} -days 30 -out ca.pem "
            "-config openssl.cnf -extensions ca",
            config="[req]\ndistinguished_name=dn\n[dn]\n",
        )
        made._openssl("req -new -key tsa.key -subj /CN=Test-TSA -out tsa.csr -config openssl.cnf")
        made._openssl(
            f"x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -set_serial {serial} -days 30 "
            "-extfile openssl.cnf -extensions tsa -out tsa.pem"
        )
        return made

    def authority(self) -> TimeAuthority:
        """As a policy has it."""
        return TimeAuthority.parse(self.entry())

    def entry(self) -> dict[str, object]:
        pem, chain = self.folder / "tsa.pem", self.folder / "ca.pem"
        return {
            "name": self.name,
            "certificate": pem.read_text(),
            "chain": [chain.read_text()],
        }

    def reply(self, request: bytes, *, embed: Path | None = None) -> bytes:
        """A TimeStampResp; `embed` are certificates to put into it."""
        (self.folder / "request").write_bytes(request)
        extra = f" -chain {embed}" if embed else ""
        self._openssl(
            "ts -reply -queryfile request -signer tsa.pem -inkey tsa.key -config openssl.cnf "
            f"-section ts -out reply{extra}"
        )
        return (self.folder / "reply").read_bytes()

    def verifies(self, token: bytes, data: bytes) -> bool:
        """What `openssl ts -verify` says, with this CA."""
        (self.folder / "token").write_bytes(token)
        (self.folder / "data").write_bytes(data)
        words = "ts -verify -in token -data data -CAfile ca.pem -untrusted tsa.pem"
        return self._run(words).returncode == 0

    def _openssl(self, words: str, *, config: str = "") -> None:
        if config:
            path = self.folder / "openssl.cnf"
            if "[req]" not in path.read_text():
                path.write_text(config + path.read_text())
        ended = self._run(words)
        assert ended.returncode == 0, ended.stderr

    def _run(self, words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["openssl", *words.split()],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
