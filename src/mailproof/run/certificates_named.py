"""The certificates that a configuration names, with their keys, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from mailproof.checks.dovecot.configured import configured_of as dovecot_of
from mailproof.checks.exim.configured import Configured as Exim
from mailproof.checks.exim.configured import configured_of as exim_of
from mailproof.checks.files import SeenFiles
from mailproof.checks.postfix.configured import configured_of as postfix_of
from mailproof.model.configuration import DovecotFiles, EximFiles, PostfixFiles
from mailproof.parse.dovecot.reader import Setting
from mailproof.parse.exim.configuration import Setting as EximSetting
from mailproof.parse.exim.text import split_list as exim_list
from mailproof.parse.postfix.lines import split_list
from mailproof.probes.certificate_files import Wish

_PAIRS = (
    ("smtpd_tls_cert_file", "smtpd_tls_key_file"),
    ("smtpd_tls_eccert_file", "smtpd_tls_eckey_file"),
    ("smtpd_tls_dcert_file", "smtpd_tls_dkey_file"),
)


def of_postfix(fact: PostfixFiles) -> Iterator[Wish]:
    """Those of smtpd, each with its key."""
    configured = postfix_of(fact)
    main = configured.main
    host = main.value("myhostname").text
    chains = main.setting("smtpd_tls_chain_files")
    before = ""
    for path in split_list(main.value("smtpd_tls_chain_files").text):
        named = _Named(chains.name, chains.file, chains.line_of(path), path)
        yield msgspec.structs.replace(_wish(configured, named, named, host), before=before)
        before = path
    if chains.value:
        return
    for name, key_name in _PAIRS:
        path = main.value(name).text
        if path and path.lower() != "none":
            certificate, key = main.setting(name), main.setting(key_name)
            key_path = main.value(key_name).text or path
            yield _wish(
                configured,
                _Named(name, certificate.file, certificate.line, path),
                _Named(key_name, key.file, key.line, key_path),
                host,
            )


def of_dovecot(fact: DovecotFiles) -> Iterator[Wish]:
    """The pairs of certificate and key, at the top and for single names and addresses."""
    configured = dovecot_of(fact)
    blocks = [configured.root, *(block for _, block in configured.root.all_blocks())]
    for block in blocks:
        for name, key_name in (("ssl_cert", "ssl_key"), ("ssl_server_cert_file", "ssl_server_key_file")):
            certificate, key = block.last(name), block.last(key_name)
            if certificate is not None and key is not None and _is_path(certificate) and _is_path(key):
                host = block.name if block.kind == "local_name" else ""
                yield _wish(configured, _set(certificate), _set(key), host)


def of_exim(fact: EximFiles) -> Iterator[Wish]:
    """Those of the server, each with its key; for RSA and ECDSA both are lists, in the same order."""
    configured = exim_of(fact)
    certificates, keys = (configured.main.get(name) for name in ("tls_certificate", "tls_privatekey"))
    host = configured.expanded("$primary_hostname") or ""
    named = _exim_paths(configured, keys)
    if keys is not None and not named:
        return
    for number, path in enumerate(_exim_paths(configured, certificates)):
        certificate = _exim_set(certificates, path)
        key = _exim_set(keys, named[number]) if number < len(named) else certificate
        yield _wish(configured, certificate, key, host)


def _exim_paths(configured: Exim, setting: EximSetting | None) -> list[str]:
    """None where they depend on the client, such as on the name that it asks for."""
    value = configured.expanded(setting.value) if setting is not None else None
    return [path for path in exim_list(value or "") if path.startswith("/")]


def _exim_set(setting: EximSetting | None, path: str) -> _Named:
    assert setting is not None, "a path is of a setting"
    return _Named(setting.name, setting.file, setting.line, path)


def _is_path(setting: Setting) -> bool:
    return setting.value.startswith("/") and (setting.from_file or setting.name.endswith("_file"))


class _Named(NamedTuple):
    """A path, and the line that names it; line 0 of what is so by default."""

    setting: str
    file: str
    line: int
    path: str


def _set(setting: Setting) -> _Named:
    return _Named(setting.name, setting.file, setting.line, setting.value)


def _wish(seen: SeenFiles, certificate: _Named, key: _Named, host: str) -> Wish:
    return Wish(
        certificate.setting,
        seen.place(certificate.file),
        certificate.line,
        seen.text(certificate.file, certificate.line),
        certificate.path,
        key.setting,
        key.line,
        seen.text(key.file, key.line),
        key.path,
        host,
        seen.place(key.file) if key.line else "",
    )
