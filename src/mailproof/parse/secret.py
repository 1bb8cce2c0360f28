"""Passwords in configurations, taken out before anything is kept of them. Lines stay where they are."""

from __future__ import annotations

import re

MASK = b"..."

_NAMED = re.compile(
    rb"^([ \t]*(?:[A-Za-z0-9_]*(?:password|passwd|bind_pw|dnpass|secret|api_key)|[A-Za-z0-9_]*_pw)[ \t]*=[ \t]*)"
    rb"(?=\S)(?!<)[^\n]*",
    re.MULTILINE,
)
_IN_TABLES = re.compile(rb"((?:smtp|lmtp)_sasl_password_maps[ \t]*=(?:[^\n]|\n[ \t])*)")
_STATIC = re.compile(rb"(static:\{?[^\s:{}]+:)[^\s{}]+")
_CONNECT = re.compile(rb"(\bpassword[ \t]*=[ \t]*)[^\s\"']+")
_ENTRY = re.compile(rb"^([^\s#][^\n]*?[ \t][^\n:]*?:)[^\n]*", re.MULTILINE)
_USER = re.compile(rb"^([^\s:#]+:(?:\{[A-Za-z0-9.+_-]+\})?(?:\$[A-Za-z0-9-]+\$)?)[^:\n]+", re.MULTILINE)


def settings_without(data: bytes) -> bytes:
    """Of main.cf, master.cf or Dovecot's files: values that a name calls a password, and those of inline tables."""
    kept = _NAMED.sub(rb"\1" + MASK, data)
    kept = _CONNECT.sub(rb"\1" + MASK, kept)

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
    """Of a passwd-file (`user:{SCHEME}secret:…`): the scheme stays, and that there is something."""
    return _USER.sub(rb"\1" + MASK, data)
