"""Each of the messages that administrators ask about has its name, cause and way out."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from mailproof.catalog.log_messages import log_message, log_messages
from mailproof.catalog.pages import load
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of
from mailproof.run.log.telling import meant

TABLE: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("messages.toml").read_text("utf-8"))


@pytest.mark.parametrize(("name", "line"), TABLE.values(), ids=TABLE)
def test_a_message_has_its_name(name: str, line: str) -> None:
    explainer = LogExplainer()
    explainer.take(lines_of([line.encode()], date(2026, 1, 18)))
    result = explainer.result()
    assert [(cause.name, cause.count) for cause in result.causes] == [(name, 1)]
    assert (result.unknown, result.unread) == (0, 0)


def test_the_table_has_all_of_them() -> None:
    numbers = {re.sub(r"[a-z]$", "", number) for number in TABLE}
    gathered = {"P": 34, "R": 32, "S": 8, "D": 28, "V": 30, "O": 26}
    assert numbers == {f"{kind}{number:02}" for kind, last in gathered.items() for number in range(1, last + 1)}
    assert {name for name, _ in TABLE.values()} <= {row.name for row in log_messages()}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('Invalid TLS protocol list "TLS1.2": disabling TLS support', "smtpd_tls_"),
        ("Failed to initialize SSL server context: Unknown ssl_min_protocol setting 'TLS1.2'", "ssl_min_protocol"),
        ("connect to proxy filter 127.0.0.1:10025: Connection refused", "smtpd_proxy_filter"),
        ("haproxy: Client not trusted (rip=192.0.2.7)", "haproxy_trusted_networks"),
        ("smtpd_sasl_mechanism_filter discards all mechanisms in 'PLAIN'", "smtpd_sasl_mechanism_filter"),
        ("pop3: Error: dovecot/pop3: error while loading shared libraries: libdovecot.so.0", "vsz_limit"),
        ("invalid transport name: 127.0.0.1 in Milter service: 127.0.0.1:8891", "inet:"),
        ("table hash:/etc/postfix/sni.db: key a.test: malformed BASE64 value: /k", "postmap -F"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_its_words_hold_for_each_program_that_says_it(text: str, says: str, lang: str) -> None:
    row = log_message(meant(text).name)
    page = load(row.name, lang)
    assert says in row.meaning[lang] + row.mend[lang]
    assert any(says in section for section in page.sections.values())
