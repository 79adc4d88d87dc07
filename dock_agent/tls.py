"""The station's side of mutual TLS 1.3, the same for the broker and for uploads."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from dock_agent.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """The CA that signed the other side, and what this station shows of itself."""

    ca: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Check the other side's chain and name; show ours. Raises ConfigError."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.load_cert_chain(self.certificate, self.key)
        except OSError as failure:
            raise ConfigError(
                code="TLS_FILES_BAD",
                expected=f"a CA {self.ca}, a certificate {self.certificate}, its key {self.key}",
                found=failure.strerror or str(failure),
            ) from failure
        return context
