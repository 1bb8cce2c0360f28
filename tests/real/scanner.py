"""A content filter as amavis is one: takes a message by SMTP and hands it back to Postfix at another port."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable

from loopback import Listening


def scanner(back: Callable[[], int]) -> Listening:
    """Listens on a port of its own; hands back to the port `back`, and answers with what Postfix said there."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:

            def say(line: str) -> None:
                stream.write(line.encode() + b"\r\n")
                stream.flush()

            say("220 scanner ESMTP")
            sender, recipients = "", list[str]()
            while line := stream.readline().strip():
                verb, _, argument = line.decode().partition(" ")
                address = argument.partition("<")[2].partition(">")[0]
                if verb == "MAIL":
                    sender, recipients = address, []
                elif verb == "RCPT":
                    recipients.append(address)
                elif verb == "DATA":
                    say("354 go on")
                    message = b""
                    while not message.endswith(b"\r\n.\r\n"):
                        message += stream.readline()
                    reply = _handed_back(back(), sender, recipients, message)
                    say(f"250 2.0.0 from MTA(smtp:[127.0.0.1]:{back()}): {reply}")
                    continue
                elif verb == "QUIT":
                    say("221 bye")
                    return
                say("250 ok")

    return Listening(listener, serve)


def _handed_back(port: int, sender: str, recipients: list[str], message: bytes) -> str:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as session:
        session.ehlo("scanner")
        session.mail(sender)
        for recipient in recipients:
            session.rcpt(recipient)
        session.docmd("DATA")
        session.send(b"X-Scanned: yes\r\n" + message)
        code, text = session.getreply()
        return f"{code} {text.decode()}"
