"""The directory of this conftest is where `running` is found; what several files of it share."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailproof.script.authority import Authority, CertificateKind


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a sound certificate for 127.0.0.1, and the root to trust for it."""
    directory = tmp_path_factory.mktemp("authority")
    authority = Authority()
    files = authority.write(authority.issue(CertificateKind.GOOD, "127.0.0.1", datetime.now(UTC)), directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    return context, files.root
