"""Gmail, in English and Japanese: whom it could not reach, and the answer of the other server if there was one."""

from __future__ import annotations

import re

from mailproof.model.bounce import Action
from mailproof.parse.bounce.notice import ADDRESS, Notice, lines_of, paragraph, undelivered

MARK = re.compile(
    r"Delivery to the following recipients? (?:failed permanently|has been delayed)"
    r"|\*\* (?:Address not found|Message (?:not delivered|blocked|too large|rejected)|Delivery incomplete"
    r"|Recipient inbox full|Too many messages?|Unable to deliver|アドレス不明|アドレスが見つかりません(?:でした)?"
    r"|メール(?:がブロックされました|は配信されませんでした|は拒否されました)|メッセージ(?:がブロックされました"
    r"|は配信されませんでした)|配信(?:が)?未完了|受信トレイがいっぱいです)"
    r"|Your message wasn't delivered to <?\S{1,320}@\S{1,255} because"
)
_TO = re.compile(
    rf"(?:delivered to|delivering your message to|message to|メール(?:は|を)?|メッセージ(?:は|を)?)\s+<?({ADDRESS})>?"
    rf"|({ADDRESS})(?: ?(?:に|への|宛))"
    rf"|^ {{3,8}}({ADDRESS})$",
    re.MULTILINE,
)
_ANSWER = re.compile(
    r"^(?:The error that the other server returned was|The response (?:from the remote server )?was|LEARN MORE"
    r"|(?:リモート ?サーバー(?:から)?の)?応答(?:は次のとおりです|内容)?|返信) ?[:：]",
    re.MULTILINE,
)
_OWN = re.compile(r"Technical details of (?:permanent|temporary) failure:\s*(.*?)(?:\n\n|\Z)", re.DOTALL)
_SERVER = re.compile(r"for the recipient domain \S+ by ([A-Za-z0-9.-]{1,255}?)\.? [\[(]")
# What Gmail writes above the message that comes back.
_READ = 12_000
_DELAYED = re.compile(r"has been delayed|Delivery incomplete|temporary problem|配信(?:が)?未完了|一時的な問題")
_REASON = re.compile(r"(?:because|ため、)(.{3,300}?)(?:\.\s|。|\Z)", re.DOTALL)


def read(text: str) -> Notice:
    text = text[:_READ]
    to = _TO.search(text)
    if to is None:
        return Notice(())
    recipient = next(filter(None, to.groups()), "")
    action = Action.DELAYED if _DELAYED.search(text[:3000]) else Action.FAILED
    server = _SERVER.search(text)
    texts = []
    if answer := _ANSWER.search(text):
        texts.append("\n".join(paragraph(lines_of(text[answer.end() :]))))
    elif own := _OWN.search(text):
        texts.append(own[1])
    elif reason := _REASON.search(text[to.start() :]):
        texts.append(reason[1])
    return Notice((undelivered(recipient, texts, action, server[1] if server else ""),))
