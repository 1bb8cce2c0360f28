"""Where ssh is sent: as it is typed, and nothing that ssh or a shell could take for something else."""

from __future__ import annotations

import pytest

from mailproof.host.ssh.destination import Destination, NoDestination, read_destination


@pytest.mark.parametrize(
    ("text", "found", "words"),
    [
        ("mail", Destination("mail"), ("--", "mail")),
        ("Mail.Example.com", Destination("Mail.Example.com"), ("--", "Mail.Example.com")),
        (
            "alice@mail.example.com",
            Destination("mail.example.com", "alice"),
            ("-l", "alice", "--", "mail.example.com"),
        ),
        ("CORP\\alice@mail", Destination("mail", "CORP\\alice"), ("-l", "CORP\\alice", "--", "mail")),
        ("alice@corp@mail", Destination("mail", "alice@corp"), ("-l", "alice@corp", "--", "mail")),
        ("2001:db8::25", Destination("2001:db8::25"), ("--", "2001:db8::25")),
        ("[2001:db8::25]", Destination("2001:db8::25"), ("--", "2001:db8::25")),
        ("ssh://mail:2222", Destination("mail", "", 2222), ("-p", "2222", "--", "mail")),
        ("SSH://Alice@Mail/", Destination("Mail", "Alice"), ("-l", "Alice", "--", "Mail")),
        (
            "ssh://a@[2001:db8::25]:22",
            Destination("2001:db8::25", "a", 22),
            ("-p", "22", "-l", "a", "--", "2001:db8::25"),
        ),
    ],
)
def test_a_host_is_read_as_ssh_reads_it(text: str, found: Destination, words: tuple[str, ...]) -> None:
    assert read_destination(text) == found
    assert found.words == words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-oProxyCommand=touch /tmp/x",  # CVE-2017-1000117
        "ssh://-oProxyCommand=touch",
        "ssh://-oProxyCommand=touch@mail",
        "-l@mail",
        "alice@-oProxyCommand=x",
        "@mail",
        "mail;id",  # CVE-2023-51385: a ProxyCommand with %h in it
        "mail`id`",
        "$(id)@mail",
        "a'b@mail",
        "a b@mail",
        "mail example",
        "mail\nexample",
        "mail\0",
        "alice\\@mail",
        "ssh://alice:secret@mail",
        "ssh://mail/path",
        "ssh://mail?x",
        "ssh://mail:0",
        "ssh://mail:99999",
        "ssh://mail:x",
        "ssh://",
        "ssh://%2doProxyCommand=x@mail",
        "ssh://[mail",
        "x" * 300,
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(NoDestination):
        read_destination(text)
