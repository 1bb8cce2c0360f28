"""The one grammar of smtp, lmtp, local, virtual, pipe, error and discard (log_adhoc.c of Postfix).

Read as pairs in any order and absence: `tls=` stands between `delays=` and `dsn=` since Postfix 3.11.
"""

from __future__ import annotations

import re

from mailproof.model.log import Delivered

_STATUS = re.compile(r", status=([A-Za-z-]+)(?: \((.*)\)|, (.*))?")
_PAIR = re.compile(r", ([a-z_]+)=(<[^<>]*>|[^,]*)")
_CHILD = re.compile(r"(?:queued as|forwarded as) ([0-9A-Za-z]{6,20})\b")


def delivered(queue_id: str, text: str) -> Delivered | None:
    """`to=<…>, …, status=sent (…)`; None if it has no recipient or status."""
    bare = not text.startswith("to=<")
    # Lines that were quoted or passed through a mask have lost the brackets.
    end = text.find(", ") if bare else text.find(">, ")
    found = _STATUS.search(text, max(end, 0))
    if end < 0 or found is None:
        return None
    pairs = dict(_PAIR.findall(text[end + (not bare) : found.start()]))
    reason = found[2] or found[3] or ""
    child = _CHILD.search(reason)
    return Delivered(
        queue_id,
        text[3:end] if bare else text[4:end],
        found[1],
        reason,
        relay=pairs.get("relay", ""),
        dsn=pairs.get("dsn", ""),
        delay=pairs.get("delay", ""),
        delays=pairs.get("delays", ""),
        tls=pairs.get("tls", ""),
        original=pairs.get("orig_to", "").strip("<>"),
        child=child[1] if child else "",
    )
