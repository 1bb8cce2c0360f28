"""The certificates that a configuration names, with their keys, and where."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from mailproof.model.configuration import DovecotFiles, FileSeen, FileState, PostfixFiles
from mailproof.parse.dovecot.reader import Block, Setting, read_dovecot
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.parameters import MainFile, read_main
from mailproof.probes.certificate_files import Wish

_PAIRS = (
    ("smtpd_tls_cert_file", "smtpd_tls_key_file"),
    ("smtpd_tls_eccert_file", "smtpd_tls_eckey_file"),
    ("smtpd_tls_dcert_file", "smtpd_tls_dkey_file"),
)


def of_postfix(fact: PostfixFiles) -> Iterator[Wish]:
    """Those of smtpd, each with its key."""
    main = read_main(fact.files[0].data, fact.machine)
    host = main.value("myhostname").text
    chains = main.setting("smtpd_tls_chain_files")
    for path in split_list(main.value("smtpd_tls_chain_files").text):
        line = chains.line_of(path)
        text = _text(fact, line)
        yield Wish(chains.name, fact.files[0].path, line, text, path, chains.name, line, text, path, host)
    if chains.value:
        return
    for name, key_name in _PAIRS:
        path = main.value(name).text
        if path and path.lower() != "none":
            yield _pair(fact, main, name, key_name, path, host)


def _pair(fact: PostfixFiles, main: MainFile, name: str, key_name: str, path: str, host: str) -> Wish:
    line, key_line = main.setting(name).line, main.setting(key_name).line
    key_path = main.value(key_name).text or path
    file = fact.files[0].path
    return Wish(name, file, line, _text(fact, line), path, key_name, key_line, _text(fact, key_line), key_path, host)


def _text(fact: PostfixFiles, line: int) -> str:
    return _line(fact.files[0], line)


def _line(seen: FileSeen | None, line: int) -> str:
    lines = seen.data.split(b"\n") if seen is not None else []
    return lines[line - 1].decode("utf-8", "replace").strip() if 0 < line <= len(lines) else ""


def of_dovecot(fact: DovecotFiles) -> Iterator[Wish]:
    """The pairs of certificate and key, at the top and for single names and addresses."""
    files = {each.name: each for each in fact.files}
    included = sorted(fact.included)

    def data(name: str) -> bytes | None:
        seen = files.get(name)
        return seen.data if seen is not None and seen.state is FileState.FILE else None

    configuration = read_dovecot(fact.path, data, lambda pattern: [n for n in included if fnmatchcase(n, pattern)])
    blocks = [configuration.root, *(block for _, block in configuration.root.all_blocks())]
    for block in blocks:
        for name, key_name in (("ssl_cert", "ssl_key"), ("ssl_server_cert_file", "ssl_server_key_file")):
            certificate, key = block.last(name), block.last(key_name)
            if certificate is not None and key is not None and _is_path(certificate) and _is_path(key):
                yield _dovecot_pair(fact, certificate, key, block)


def _is_path(setting: Setting) -> bool:
    return setting.value.startswith("/") and (setting.from_file or setting.name.endswith("_file"))


def _dovecot_pair(fact: DovecotFiles, certificate: Setting, key: Setting, block: Block) -> Wish:
    paths = {each.name: each for each in fact.files}
    shown = [paths[each.file].path if each.file in paths else each.file for each in (certificate, key)]
    lines = [_line(paths.get(each.file), each.line) for each in (certificate, key)]
    host = block.name if block.kind == "local_name" else ""
    return Wish(
        certificate.name,
        shown[0],
        certificate.line,
        lines[0],
        certificate.value,
        key.name,
        key.line,
        lines[1],
        key.value,
        host,
        shown[1],
    )
