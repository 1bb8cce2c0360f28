"""Exchange and Microsoft 365, in English and Japanese: what they write for administrators, and the older forms.

Exchange 2003 names the recipient with a date, and the reply in `<host #5.1.1 smtp;550 …>`. Since 2007 there is a
section of its own; Microsoft 365 also gives the other server's words under `gave this error`.
"""

from __future__ import annotations

import re

from mailproof.model.bounce import Action, Undelivered
from mailproof.parse.bounce.notice import ADDRESS, Notice, blocks, lines_of, merged, undelivered, until

MARK = re.compile(
    r"(?:Diagnostic information for administrators|管理者(?:向け|用)の診断情報)"
    r"|did not reach the following recipient"
    r"|次の(?:受信者|宛先)に(?:届きませんでした|到達しませんでした)"
    r"|Delivery has failed to these recipients or (?:groups|distribution lists)"
    r"|(?:次|以下)の(?:受信者|宛先)(?:または|や)(?:グループ|配布リスト)(?:への配信に失敗|に配信できません)"
    r"|rejected your message to the following e-?mail addresses"
    r"|(?:が|により)(?:次|以下)の電子?メール ?アドレスへのメッセージ(?:を|が)拒否"
    r"|(?:wasn't able to deliver your message|couldn't be delivered to the following|hasn't been delivered yet)"
)
_ADMIN = re.compile(r"(?:Diagnostic information for administrators|管理者(?:向け|用)の診断情報) ?[:：]?")
_SERVER = re.compile(r"(?:Generating server|生成サーバー|生成元サーバー) ?[:：] ?([A-Za-z0-9_.-]{1,255})")
_RECIPIENT = re.compile(rf"\s*<?({ADDRESS})>?(?:<mailto:[^>]*>)?(?: \({ADDRESS}\))?(?:<mailto:[^>]*>)?\s*$")
_ENDS = re.compile(
    r"(?:Original message headers|Original Message Details|Message Hops|元のメッセージ(?: ?ヘッダー|の詳細))"
    r"|^(?:Received|Message-ID|DKIM-Signature|ARC-Seal): ",
    re.IGNORECASE,
)
# Words that only lead to the reply, the server alone, or the time of a try.
_AROUND = re.compile(
    r"^(?:Remote Server|リモート ?サーバー|Server at [A-Za-z0-9.-]+).{0,60}?(?:returned|返(?:され|し)ました)\s*$"
    r"|^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?: \([\d.a-fA-F:]+\))?$"
    r"|^\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4} \d|^\d{4}年"
)
_REPLY = re.compile(r"(?<![\w.+/:-])[45][0-5]\d[ -]|(?<![\w.])[45]\.\d\.\d{1,3}(?![\d.])")
_ERROR = re.compile(
    r"^(?:.{0,255}? gave this error|.{0,255}?(?:から|で)(?:次|以下)のエラーが(?:返され|発生し)ました) ?[:：]\s*$"
)
_OLD = re.compile(rf"\s*<?({ADDRESS})>? on \w{{3}}, \d|\s*<?({ADDRESS})>?(?:\(\S+\))? \d{{4}}/\d\d?/\d\d? ")
_DELAYED = re.compile(
    r"Delivery is delayed|delivery of (?:this|your) message (?:has been|is) delayed|hasn't been delivered yet"
    r"|配信(?:が|は)遅れて|まだ配信されていません"
)
_SERVER_AT = re.compile(r"Server at ([A-Za-z0-9.-]{1,255})")


def read(text: str) -> Notice:
    action = Action.DELAYED if _DELAYED.search(text[:6000]) else Action.FAILED
    server = _SERVER.search(text)
    admin = _ADMIN.search(text)
    found: list[Undelivered] = []
    if admin is not None:
        for begin, rest in blocks(until(lines_of(text[admin.end() :]), _ENDS), _RECIPIENT):
            found.append(_said(begin[1], rest, action))
    if not found and (old := re.search(r"did not reach the following recipient|(?:届き|到達し)ませんでした", text)):
        for begin, rest in blocks(lines_of(text[old.end() :]), _OLD):
            found.append(_said(begin[1] or begin[2], [line for line in rest if not _ENDS.search(line)], action))
    head = lines_of(text[: admin.start()] if admin else text)
    shown = [begin[1] for begin, _ in blocks(head, _RECIPIENT)]
    error = next((rest for line, rest in _after(head) if _ERROR.match(line)), [])
    if error:
        found += [undelivered(each, ["\n".join(error)], action) for each in shown]
    elif not found:
        found += [undelivered(each, [], action) for each in shown]
    return Notice(merged(found), server[1] if server else "")


def _said(recipient: str, rest: list[str], action: Action) -> Undelivered:
    """Each line with a reply is a statement of its own: of a delay, the last try stands below."""
    texts: list[str] = []
    for line in (each.strip().replace("##", "").rstrip("' ") for each in rest if each.strip()):
        if _REPLY.search(line):
            texts.append(line)
        elif not _AROUND.match(line):
            texts[-1:] = [f"{texts[-1]}\n{line}" if texts else line]
    at = next((found for text in texts if (found := _SERVER_AT.search(text))), None)
    return undelivered(recipient, texts, action, at[1].rstrip(".") if at else "")


def _after(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Each line that could lead to an error, with the paragraph behind it."""
    found = []
    for at, line in enumerate(lines):
        if line.endswith((":", "：")):
            kept: list[str] = []
            for each in lines[at + 1 : at + 12]:
                if not each.strip() and kept:
                    break
                if each.strip():
                    kept.append(each)
            found.append((line, kept))
    return found
