"""A private Postfix with another's rewriting and routing, relays behind it, and mail sent through it."""

from __future__ import annotations

import base64
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import msgspec

from mailproof.lab.real.alone import PostfixAlone
from mailproof.lab.real.logins import Logins
from mailproof.lab.real.postfix import main_parameters
from mailproof.lab.real.private import ENVIRONMENT, RealLabError
from mailproof.lab.real.relay import Caught, Relay

# As for the whole lab: a message is through in a tenth of a second.
_PATIENCE = 30.0
# The one client that may say by XCLIENT whose address it has.
_SPEAKER = "127.0.0.200"
_MARK = "X-Mailproof-Proof: "
_SERVICES = (
    "pickup unix n - n 60 1 pickup", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce", "error unix - - n - - error", "retry unix - - n - - error",
    "discard unix - - n - - discard", "anvil unix - - n - 1 anvil", "postlog unix-dgram n - n - 1 postlogd",
    "proxymap unix - - n - - proxymap", "showq unix n - n - - showq",
)  # fmt: skip


class Arrived(msgspec.Struct, frozen=True):
    """What one relay caught of one message."""

    relay: int
    caught: Caught


class ProofLab:
    """For `with`. `relays` is how many there are; `@relay:N@` in every text is the port of one."""

    def __init__(
        self, main: Mapping[str, str], services: Sequence[str], files: Mapping[str, str], relays: int
    ) -> None:
        self._main, self._services, self._files = main, services, files
        self._stack = ExitStack()
        self._relays: list[Relay] = []
        self._count = relays
        self._postfix: PostfixAlone | None = None
        self._sent = 0

    def __enter__(self) -> ProofLab:
        """Returns when it listens. Raises RealLabError, and then nothing is left."""
        with ExitStack() as stack:
            self._relays = [stack.enter_context(Relay()) for _ in range(self._count)]
            self._postfix = stack.enter_context(PostfixAlone(("smtpd",), self._written))
            stack.enter_context(Logins(self._postfix.directory / "auth"))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stack.close()

    def _written(self, directory: Path, ports: Mapping[str, int]) -> dict[str, str]:
        own = main_parameters(directory, directory / "mail.log", directory / "none", directory / "none")
        kept = ("queue_directory", "data_directory", "daemon_directory", "command_directory", "mail_owner",
                "setgid_group", "maillog_file", "maillog_file_prefixes", "inet_protocols", "inet_interfaces",
                "alias_maps", "alias_database", "local_recipient_maps", "biff", "notify_classes",
                "smtp_dns_support_level", "smtp_host_lookup", "smtpd_peername_lookup")  # fmt: skip
        main = {name: own[name] for name in kept} | {
            "smtpd_relay_restrictions": "check_client_access static:OK, reject",
            "smtpd_reject_unlisted_recipient": "no",
            "smtpd_authorized_xclient_hosts": _SPEAKER,
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": str(directory / "auth"),
            # A next hop that were no relay of ours could not be reached from this address.
            "smtp_bind_address": "127.0.0.1",
            "smtp_tls_security_level": "none",
            "minimal_queue_backoff_time": "1s",
            "maximal_queue_backoff_time": "1s",
            **self._main,
        }
        files = {
            **self._files,
            "main.cf": "".join(f"{name} = {value}\n" for name, value in main.items()),
            "master.cf": "".join(f"{line}\n" for line in (*_SERVICES, *self._services)),
        }
        known = {"@etc@": str(directory / "postfix" / "etc"), "@smtpd@": f"127.0.0.1:{ports['smtpd']}"}
        known |= {f"@relay:{number}@": str(relay.port) for number, relay in enumerate(self._relays)}
        for mark, text in known.items():
            files = {name: content.replace(mark, text) for name, content in files.items()}
        return files

    @property
    def postfix(self) -> PostfixAlone:
        """Raises RuntimeError while it is not started."""
        if self._postfix is None:
            raise RuntimeError("the private Postfix is not started")
        return self._postfix

    def send(self, address: str, user: str, sender: str, recipient: str, headers: Sequence[str]) -> int:
        """One message by SMTP from this address, logged in where a user is named; "" is the command sendmail.

        The number under which `arrived` has it. Raises RealLabError for a refusal.
        """
        self._sent += 1
        text = "\n".join((f"{_MARK}{self._sent}", *headers, "", "A proof of mailproof.", ""))
        if not address:
            self._by_sendmail(sender, recipient, text)
        else:
            self._by_smtp(address, user, sender, recipient, text)
        return self._sent

    def _by_sendmail(self, sender: str, recipient: str, text: str) -> None:
        etc = str(self.postfix.postfix_dir)
        command = ["/usr/sbin/sendmail", "-C", etc, "-i", "-f", sender or "<>", "--", recipient]
        done = subprocess.run(command, input=text.encode("utf-8", "surrogateescape"), capture_output=True,
                              env={**ENVIRONMENT, "MAIL_CONFIG": etc}, timeout=_PATIENCE, check=False)  # fmt: skip
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise RealLabError("prove-refused", command="sendmail", reply=said)

    def _by_smtp(self, address: str, user: str, sender: str, recipient: str, text: str) -> None:
        port = self.postfix.ports["smtpd"]
        # XCLIENT does not make an own address of another: permit_inet_interfaces looks at the connection itself.
        own = address == "127.0.0.1"
        source = (address if own else _SPEAKER, 0)
        with socket.create_connection(("127.0.0.1", port), _PATIENCE, source) as connection:
            lines = connection.makefile("rb")

            def say(command: str, *, shown: str = "") -> None:
                if command:
                    connection.sendall(command.encode("utf-8", "surrogateescape") + b"\r\n")
                line = lines.readline()
                while line[3:4] == b"-":
                    line = lines.readline()
                if line[:1] not in (b"2", b"3"):
                    reply = line.decode("utf-8", "replace").strip()
                    raise RealLabError("prove-refused", command=shown or command, reply=reply)

            say("", shown="(greeting)")
            say("EHLO proof.invalid")
            if not own:
                say(f"XCLIENT NAME=[UNAVAILABLE] ADDR={'IPV6:' if ':' in address else ''}{address}")
                say("EHLO proof.invalid")
            if user:
                say(f"AUTH PLAIN {base64.b64encode(f'{chr(0)}{user}{chr(0)}none'.encode()).decode()}", shown="AUTH")
            say(f"MAIL FROM:<{sender}>")
            say(f"RCPT TO:<{recipient}>")
            say("DATA")
            body = "\r\n".join(f".{line}" if line.startswith(".") else line for line in text.split("\n"))
            say(f"{body}\r\n.", shown="(message)")
            say("QUIT")

    def arrived(self, wished: Mapping[int, int]) -> dict[int, list[Arrived]]:
        """By message, once each has come with so many recipients, or the time for that is over."""

        def found() -> dict[int, list[Arrived]]:
            there: dict[int, list[Arrived]] = {}
            for number, relay in enumerate(self._relays):
                for each in relay.caught:
                    mark = each.message.partition(_MARK)[2].partition("\n")[0]
                    there.setdefault(int(mark), []).append(Arrived(number, each))
            return there

        def complete() -> dict[int, list[Arrived]]:
            there = found()
            counts = {number: sum(len(each.caught.recipients) for each in there.get(number, ())) for number in wished}
            return there if all(counts[number] >= wanted for number, wanted in wished.items()) else {}

        try:
            return self.postfix.wait_until(complete, "the mail that was sent", _PATIENCE) if wished else {}
        except RealLabError as error:
            if error.reason != "real-lab-too-slow":
                raise
            # What has not come is told beside what was computed.
            return found()
