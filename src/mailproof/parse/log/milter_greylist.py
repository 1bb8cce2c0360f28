"""milter-greylist 2 to 4: `ID: addr NAME[IP] from <…> to <…> delayed for 00:30:00 (ACL 12)`."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LogLine, Routine, Trouble
from mailproof.model.log_filter import Greylisted

_ID = re.compile(r"(\(unknown id\)|[0-9A-Za-z]{6,20}): ")
_DECIDED = re.compile(
    r"addr (\S+) from (\S+) to (\S+) (delayed(?: after DATA phase)?|blacklisted)(?: for (\d+):(\d\d):(\d\d))?(.*)"
)
_AUTO = re.compile(r"addr (\S+) from (\S+) rcpt (\S+): autowhitelisted for (?:more |another )?(\d+):(\d\d):(\d\d)")
_SKIPPED = re.compile(r"skipping greylist because (.*)")
_WHO = re.compile(r"\(from=([^,]*), rcpt=([^,]*), addr=([^)]*)\)")
_ROUTINE = (
    *("reloading config", "reloaded config", "config file ", "addr ", "User ", "STARTTLS succeeded", "Sender IP"),
    *("whitelisted by", "smfi_getsymval failed", "milter-greylist-", "GeoIP failed", "created: "),
    *("removed: ", "peer "),
    *("Final database dump", "dumping ", "dump file ", "starting", "greylist: ", "Exiting", "smfi_main() returned 0"),
)  # fmt: skip
_TROUBLE = ("cannot ", "malloc failed", "smfi_", "db->", "Error ", "parse error", "config error", "Cannot ")


def milter_greylist_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text, queue_id = line.text, ""
    if found := _ID.match(text):
        queue_id, text = found[1] if found[1][0] != "(" else "", text[found.end() :]
    if found := _DECIDED.match(text):
        action = "blocklist" if found[4] == "blacklisted" else "greylist"
        delay = _seconds(found[5], found[6], found[7]) if found[5] else ""
        return Greylisted(action, found[8].strip(), found[1], _bare(found[2]), _bare(found[3]), delay, queue_id)
    if found := _AUTO.match(text):
        who, delay = found[1], _seconds(found[4], found[5], found[6])
        return Greylisted("pass", "autowhitelisted", who, _bare(found[2]), _bare(found[3]), delay, queue_id)
    if found := _SKIPPED.match(text):
        who = _WHO.search(found[1])
        sender, recipient, client = who.groups() if who else ("", "", "")
        reason = found[1][: who.start()].rstrip(", ") if who else found[1]
        return Greylisted("pass", reason, client, _bare(sender), _bare(recipient), "", queue_id)
    if text.startswith(_ROUTINE):
        return Routine()
    return Trouble("error", text, queue_id) if text.startswith(_TROUBLE) else None


def _seconds(hours: str, minutes: str, seconds: str) -> str:
    return str(int(hours[:9]) * 3600 + int(minutes) * 60 + int(seconds))


def _bare(address: str) -> str:
    return address.strip("<>")
