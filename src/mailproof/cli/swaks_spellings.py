"""What swaks calls its options, and what `mailproof send` makes of each: the table of its manual page (OPTIONS).

Names without their dashes, in the capitals of swaks: `-S` is no `-s`.
"""

from __future__ import annotations

WITH_VALUE: dict[str, str] = {
    **dict.fromkeys(("f", "from"), "--from"),
    **dict.fromkeys(("t", "to"), "--to"),
    "cc": "--cc",
    "bcc": "--bcc",
    **dict.fromkeys(("ehlo", "helo", "lhlo"), "--ehlo"),
    "protocol": "--protocol",
    **dict.fromkeys(("q", "quit", "quit-after"), "--quit-after"),
    **dict.fromkeys(("da", "drop", "drop-after"), "--drop-after"),
    "timeout": "--timeout",
    **dict.fromkeys(("d", "data"), "--data"),
    "body": "--body",
    "header": "--header",
    **dict.fromkeys(("au", "auth-user"), "--user"),
    "tls-cert": "--cert",
    "tls-key": "--key",
    "tls-ca-path": "--ca-file",
    "tls-sni": "--name",
    "tls-cipher": "--ciphers",
    **dict.fromkeys(("li", "local-interface"), "--source"),
    "socket": "--socket",
    "pipe": "--pipe",
}
"""Name in swaks: ours. The value follows, as it is."""

ALONE: dict[str, tuple[str, ...]] = {
    "tls": ("--tls", "required"),
    # STARTTLS that was begun and failed ends the session in any case: nobody knows what the server expects then.
    **dict.fromkeys(("tlso", "tls-optional", "tlsos", "tls-optional-strict"), ("--tls", "auto")),
    **dict.fromkeys(("tlsc", "tls-on-connect"), ("--tls-at-once",)),
    "tls-verify": ("--tls-verify",),
    "pipeline": ("--pipelining",),
    "prdr": ("--prdr",),
    "4": ("-4",),
    "6": ("-6",),
    "g": ("--data", "-"),
    **dict.fromkeys(("no-data-fixup", "ndf"), ("--raw",)),
    **dict.fromkeys(("no-strip-from", "nsf"), ("--keep-from-line",)),
    # What a transcript shows is for -v to say, and who asks for a password asks it hidden.
    **dict.fromkeys(("n", "suppress-data", "pp", "protect-prompt", "force-getpwuid"), ()),
    **dict.fromkeys(("nth", "no-hints", "nsh", "no-send-hints", "nrh", "no-receive-hints"), ()),
    **dict.fromkeys(("nih", "no-info-hints", "show-raw-text"), ()),
    **dict.fromkeys(("hr", "hide-receive", "hs", "hide-send", "hi", "hide-informational", "ha", "hide-all"), ()),
}
"""Those without a value."""

PASSED_OVER: dict[str, frozenset[str]] = {
    **dict.fromkeys(("stl", "show-time-lapse"), frozenset({"i", "I", "integer"})),
    **dict.fromkeys(("S", "silent"), frozenset("123")),
}
"""Without effect here, with the value that may follow."""

LOGINS: dict[str, str] = {
    **dict.fromkeys(("a", "auth"), "required"),
    **dict.fromkeys(("ao", "auth-optional", "aos", "auth-optional-strict"), "optional"),
}
"""Whether a login is demanded (`--login`); the mechanism may follow."""

PASSWORD = ("ap", "auth-password")
SERVER = ("s", "server")
PORT = ("p", "port")
ADD_HEADER = ("ah", "add-header")
TLS_PROTOCOL = ("tlsp", "tls-protocol")
HIDE_PASSWORD = ("ahp", "auth-hide-password")

XCLIENT = ("addr", "name", "port", "proto", "destaddr", "destport", "helo", "login", "reverse-name")
"""Attributes that have an option of their own, `--xclient-addr`."""

INSTEAD: dict[str, str] = {
    **dict.fromkeys(("lp", "lport", "local-port"), "local-port"),
    **dict.fromkeys(("das", "drop-after-send"), "drop-after-send"),
    "tls-get-peer-cert": "peer-cert",
    **dict.fromkeys(("am", "auth-map", "ae", "auth-extra"), "auth-extra"),
    **dict.fromkeys(("apt", "auth-plaintext"), "auth-plaintext"),
    **dict.fromkeys(("xclient-delim", "xclient-before-starttls", "xclient-after"), "xclient"),
    **dict.fromkeys(("xclient-optional", "xclient-optional-strict", "xclient-no-verify"), "xclient"),
    **dict.fromkeys(("proxy-version", "proxy-family", "proxy-command", "proxy-source"), "proxy"),
    **dict.fromkeys(("proxy-source-port", "proxy-dest", "proxy-dest-port"), "proxy"),
    **dict.fromkeys(("dab", "dump-as-body", "dabsp", "dump-as-body-shows-password"), "dump"),
    **dict.fromkeys(("dump", "dump-mail", "support"), "dump"),
    **dict.fromkeys(("output", "output-file", "output-file-stdout", "output-file-stderr"), "output"),
    "config": "config",
    "version": "version",
}
"""What `send` does not have: the sentence `cli.swaks-…` says what there is in its place."""
