"""A certificate file that lacks its chain, mended in the configuration that names it.

A room of its own, for a check of certificates on the wire imports nothing of configurations.
"""

from __future__ import annotations

import re

from mailproof.checks.exim.configured import configurations as exim_configurations
from mailproof.checks.exim.mending import mend as exim_mend
from mailproof.checks.exim.mending import place_of, written
from mailproof.checks.files import SeenFiles
from mailproof.checks.mending import lines_of, remedy, replaced
from mailproof.model.configuration import CertificateFile, DovecotFiles, PostfixFiles
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy


def whole_chain(fact: CertificateFile, record: Record) -> Remedy | None:
    """The file with the chain, which certbot writes beside that of the certificate alone (its README)."""
    if not re.fullmatch(r"/etc/letsencrypt/live/[^/]+/cert\.pem", fact.path):
        return None
    kinds: tuple[type[PostfixFiles] | type[DovecotFiles], ...] = (PostfixFiles, DovecotFiles)
    whole = f"{fact.path.removesuffix('cert.pem')}fullchain.pem"
    for configured in exim_configurations(record):
        setting = configured.main.get(fact.parameter)
        if setting is not None and setting.value == fact.path:
            return exim_mend(configured, written(configured, place_of(configured, setting), whole))
    for kind in kinds:
        for sighting in record.seen(kind):
            files = SeenFiles(sighting.fact.files)
            for seen in sighting.fact.files:
                text = files.text(seen.name, fact.line) if seen.path == fact.file else ""
                if text.count(fact.path) == 1:
                    line = lines_of(files, seen.name)[fact.line - 1].removesuffix("\r")
                    command = "postfix reload" if kind is PostfixFiles else "doveadm reload"
                    new = line.replace(fact.path, whole)
                    return remedy(replaced(files, seen.name, fact.line, new), then=(command,))
    return None
