"""ManageSieve in dialogues: the list after TLS, with and without its being sent, and logins of every shape."""

from __future__ import annotations

import pytest

from dialogues import assert_as_marked, judged, play
from mailproof.script.authority import Authority

GREETING = """\
S: "IMPLEMENTATION" "Dovecot Pigeonhole"
S: "SASL" ""
S: "STARTTLS"
S: OK "Dovecot ready."
C: STARTTLS
S: OK "Begin TLS negotiation now."
* tls
"""
LIST = """\
S: "IMPLEMENTATION" "Dovecot Pigeonhole"
S: "SASL" "PLAIN"   # <- auth-only-after-tls
S: OK "TLS negotiation successful."
"""
BYE = """\
C: LOGOUT
S: OK "Logout completed."
"""
SURVEY = f"@ sieve://mx.test\n{GREETING}{LIST}{BYE}"
GIVEN = "given --user alice --password pw\n"

SCRIPTS = {
    "sound": SURVEY,
    "no list after TLS": f"@ sieve://mx.test\n{GREETING}* wait 5\nC: CAPABILITY\n{LIST}{BYE}",
    "no STARTTLS": f"""\
@ sieve://mx.test
S: "IMPLEMENTATION" "Cyrus timsieved"
S: "SASL" "PLAIN"   # <- auth-offered-in-clear
S: OK "ready"   # <- starttls-not-offered
{BYE}""",
    "no mechanism": f"""\
@ sieve://mx.test
{GREETING}S: "SASL" ""   # <- auth-not-offered
S: OK "TLS negotiation successful."
{BYE}""",
    "accepted": f"""\
{GIVEN}{SURVEY}@ sieve://mx.test login
{GREETING}{LIST}C: AUTHENTICATE "PLAIN" ~
S: OK "Logged in."
C: LISTSCRIPTS
S: "vacation" ACTIVE
S: OK "Listscripts completed."
{BYE}""",
    "refused": f"""\
{GIVEN}{SURVEY}@ sieve://mx.test login
{GREETING}{LIST}C: AUTHENTICATE "PLAIN" ~
S: NO "Authentication failed."   # <- auth-rejected
{BYE}""",
}


@pytest.mark.parametrize("chunk", [1, 1 << 16])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_dialogue_shows_what_it_marks_and_nothing_else(
    script: str, chunk: int, authority: Authority, ca_file: str
) -> None:
    assert_as_marked(judged(play(script, authority, ca_file, chunk=chunk)).findings, script)
