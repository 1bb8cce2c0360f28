"""What Postfix 3.7 takes where main.cf says nothing: `postconf -d`."""

from __future__ import annotations

from mailproof.parse.postfix.known import known

DEFAULTS: dict[str, str] = {each.name: each.default for each in known().values()}
