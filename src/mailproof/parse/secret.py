"""Passwords in configurations, taken out before anything is kept of them. Lines stay where they are."""

from __future__ import annotations

import re

from mailproof.model.configuration import MASK

_NAMED = re.compile(
    rb"^([ \t]*(?:[A-Za-z0-9_]*(?:password|passwd|bind_pw|dnpass|secret|api_key)|(?:[A-Za-z0-9_]*_)?(?:pw|pass))"
    rb"[ \t]*=[ \t]*)"
    rb"(?=\S)(?!<)[^\n]*",
    re.MULTILINE,
)
_IN_TABLES = re.compile(rb"((?:smtp|lmtp)_sasl_password_maps[ \t]*=(?:[^\n]|\n[ \t])*)")
_STATIC = re.compile(rb"(static:\{?[^\s:{}]+:)[^\s{}]+")
# A value between quotes, which may be escaped because all of it stands between quotes; they stay.
_QUOTED = rb"(?:(\\?[\"'])(?:(?!\2)(?:\\[^\n]|[^\\\n]))+"
# A quote within a word is of the word. A file to read (`</path`) and a variable (`%w`, `%{password}`) are none.
_CONNECT = re.compile(
    rb"(\b(?:userdb_|passdb_)?pass(?:word)?[ \t]*=[ \t]*)"
    rb"(?!</|[\"'\\]*%(?:\w|\{[^{}\n\"']*\})(?:[\s\"'\\]|\Z))"
    + _QUOTED
    + rb"|(?:[^\s\"'\\]|[\"'\\]+(?=[^\s\"'\\,;{}]))+)"
)
_ADDRESS = re.compile(rb"(://[^/\s:@]*:)[^/\s]+(?=@)")
_ENTRY = re.compile(rb"^([^\s#][^ \t\n]*+[ \t][^\n:]*+:)[^\n]*", re.MULTILINE)
# An account that is put out of use by a `#` before it has a password all the same.
_USER = re.compile(
    rb"^((?:(?!#)[^:\n]*|#[^\s:][^:\n]*|#[^:\n]*(?=:\{)):(?:\{[A-Za-z0-9.+_-]+\})?(?:\$[A-Za-z0-9-]+\$)?)[^:\n]+",
    re.MULTILINE,
)
_USER_FIELD = re.compile(rb"(\b(?:userdb_|passdb_)?pass(?:word)?=)\S+")

# Lists of clients that are paid for have the customer's key in their name (Spamhaus DQS, Abusix).
_LIST_KEY = re.compile(
    rb"(?<![A-Za-z0-9._-])[A-Za-z0-9]{16,63}(?=\.(?:[A-Za-z0-9-]{1,63}\.){0,3}(?:dq\.spamhaus\.net|abusix\.zone)\b)"
)


def _masked(found: re.Match[bytes]) -> bytes:
    return found[1] + (found[2] or b"") + MASK


def settings_without(data: bytes) -> bytes:
    """Of main.cf, master.cf or Dovecot's files: values that a name calls a password, those of inline tables.

    Of lists of clients, the keys in their names.
    """
    kept = _LIST_KEY.sub(MASK, _NAMED.sub(rb"\1" + MASK, data))
    kept = _ADDRESS.sub(rb"\1" + MASK, _CONNECT.sub(_masked, kept))

    def tables(found: re.Match[bytes]) -> bytes:
        text = _STATIC.sub(rb"\1" + MASK, found[0])
        return (
            re.sub(rb"(=[ \t]*[^\s{}=,:]+:)[^\s{},]+(?=[\s,}])", rb"\1" + MASK, text) if b"inline:" in text else text
        )

    return _IN_TABLES.sub(tables, kept)


def table_without(data: bytes) -> bytes:
    """Of a table of logins (`key  user:password`): keys and users stay."""
    return _ENTRY.sub(rb"\1" + MASK, data)


def users_without(data: bytes) -> bytes:
    """Of a passwd-file (`user:{SCHEME}secret:…`): the scheme stays, and that there is something.

    A line that begins with `# ` is a comment, unless it has a scheme; the extra fields may hold one more password.
    """
    return _USER_FIELD.sub(rb"\1" + MASK, _USER.sub(rb"\1" + MASK, data))


# Values of Exim's options and macros, over continuation lines.
_VALUE = rb"((?:[^\\\n]|\\(?!\n)|\\\n)*)"
_EXIM_HIDDEN = re.compile(rb"^([ \t]*hide[ \t]+\w{1,64}(?:[ \t]+\w{1,64})?[ \t]*=[ \t]*)" + _VALUE, re.MULTILINE)
_EXIM_SECRET = re.compile(
    rb"^([ \t]*(?:\w{1,60}_(?:secret|password|servers)|client_\w{1,60}|server_(?:condition|prompts|param[123])"
    rb"|[A-Z]\w{0,60}?(?:PASS|PWD|SECRET|_PW)\w{0,60}"
    rb"|[A-Z]\w{0,60}PW|PASS(?:WORD|WD)?|PWD|PW|SECRET)[ \t]*=[ \t]*)" + _VALUE,
    re.MULTILINE,
)
_EXIM_COMMENT = re.compile(rb"^([ \t]*#).*", re.MULTILINE)
_EXIM_LITERAL = re.compile(rb"(\w{0,20}[ \t]{0,4}\{)([^{}]*)(?=\})")
_EXIM_PATHS = re.compile(rb"(?:search|dbmn?z?|dbmjz|cdb|exists|dsearch|if|lookup|sg|sqlite)[ \t]*\{\Z")
_EXIM_HARMLESS = re.compile(rb"[ \t]*(?:\$\w*|yes|no|true|false|fail|[01]?|[:*;]+)[ \t]*\Z")
# Names in a query are of any case; those of macros, which begin a line, are passed over. A variable is no password.
_EXIM_QUERY = re.compile(
    rb"(?<!\\\n)^[ \t]*[A-Z]\w*[ \t]*=|(\b(?i:pass|password|servers)[ \t]*=[ \t]*)"
    rb"(?!\\?[\"']?\$(?:\w+|\{(?:\w+:\$)?\w+\})(?:[\s;}\"'\\]|\Z))" + _QUOTED + rb"|[^\s;}\"]+)",
    re.MULTILINE,
)


def exim_without(data: bytes) -> bytes:
    """Of an Exim configuration: what `hide` hides, secrets, what a login is compared with, and all comments."""

    def secret(found: re.Match[bytes]) -> bytes:
        lines = b"\\\n" * found[2].count(b"\\\n")
        value = found[2].lstrip(b'"').lstrip()
        if value.startswith(b"/") or not value.strip():
            return found[0]
        # AUTH_SERVER_ALLOW_NOTLS_PASSWORDS = yes: a macro that is only asked whether it is there.
        if found[1][:1].isupper() and value.strip() in (b"yes", b"true", b"1"):
            return found[0]
        if b"{" not in value and not (value.startswith(b"$") or b"server_prompts" in found[1]):
            return found[1] + MASK + lines
        return found[1] + (_EXIM_LITERAL.sub(literal, found[2]) if b"{" in value else found[2])

    def literal(found: re.Match[bytes]) -> bytes:
        kept = _EXIM_PATHS.search(found[1]) or _EXIM_HARMLESS.match(found[2])
        return found[0] if kept else found[1] + MASK + b"\\\n" * found[2].count(b"\\\n")

    kept = _EXIM_COMMENT.sub(rb"\1", data)
    kept = _EXIM_HIDDEN.sub(lambda found: found[1] + MASK + b"\\\n" * found[2].count(b"\\\n"), kept)
    kept = _EXIM_SECRET.sub(secret, kept)
    return _EXIM_QUERY.sub(lambda found: _masked(found) if found[1] else found[0], kept)


_EXIM_CLIENT = re.compile(rb"^((?!#)[^\n:]*:[^\n:]*:)[^\n]*", re.MULTILINE)


def exim_clients_without(data: bytes) -> bytes:
    """Of Debian's passwd.client (`host:user:password`): host and user stay."""
    return _EXIM_CLIENT.sub(rb"\1" + MASK, data)
