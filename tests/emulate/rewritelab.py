"""Many configurations of one private Postfix: an smtpd, a cleanup, a rewrite and an smtp service of its own each.

Mail is sent to each of them, and caught behind it: the envelope and the headers are what Postfix made of them.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from mailproof.emulate.postfix.server import Postfix, read_postfix
from mailproof.lab.real.alone import PostfixAlone
from mailproof.lab.real.postfix import main_parameters
from mailproof.lab.real.relay import Caught, Relay

MARK = re.compile(r"(?m)^X-Number: (\d+)$")
OWN, NEAR, FAR = "127.0.0.1", "127.0.0.9", "127.0.0.77"
"""A client on the server's own address, one in mynetworks, and one that is neither."""
_PATIENCE = 120


class Setup(msgspec.Struct):
    """What the daemons of one configuration are started with, and the tables that they read."""

    smtpd: Mapping[str, str] = {}
    cleanup: Mapping[str, str] = {}
    rewrite: Mapping[str, str] = {}
    smtp: Mapping[str, str] = {}
    files: Mapping[str, str] = {}


class RewriteLab:
    """For `with`. `@etc@` in options stands for the directory of the tables."""

    def __init__(self, setups: Sequence[Setup], main: Mapping[str, str] | None = None) -> None:
        self._setups, self._main = setups, main or {}
        self.relay = Relay()
        self.postfix = PostfixAlone(tuple(f"smtpd{n}" for n in range(len(setups))), self._written)
        self._number = 0

    def __enter__(self) -> RewriteLab:
        self.postfix.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.postfix.stop()
        self.relay.close()

    def port(self, number: int) -> int:
        return self.postfix.ports[f"smtpd{number}"]

    def read(self) -> Postfix:
        """The configuration as the emulation sees it."""
        return read_directory(self.postfix.postfix_dir)

    def send(self, number: int, source: str, sender: str, recipients: Sequence[str], headers: Sequence[str]) -> int:
        """By one client; `sender` and recipients stand between angle brackets. The number of the message."""
        self._number += 1
        with smtplib.SMTP("127.0.0.1", self.port(number), timeout=_PATIENCE, source_address=(source, 0)) as client:
            client.ehlo("client.test")
            self.hand_in(client, self._number, sender, recipients, headers)
        return self._number

    def send_many(self, number: int, source: str, mails: Sequence[tuple[str, Sequence[str], Sequence[str]]]) -> int:
        """In one session. The number of the first message; the others follow."""
        first = self._number + 1
        with smtplib.SMTP("127.0.0.1", self.port(number), timeout=_PATIENCE, source_address=(source, 0)) as client:
            client.ehlo("client.test")
            for sender, recipients, headers in mails:
                self._number += 1
                self.hand_in(client, self._number, sender, recipients, headers)
        return first

    @staticmethod
    def hand_in(
        client: smtplib.SMTP, number: int, sender: str, recipients: Sequence[str], headers: Sequence[str]
    ) -> None:
        assert client.docmd(f"MAIL FROM:<{sender}>")[0] == 250, sender
        for recipient in recipients:
            code, said = client.docmd(f"RCPT TO:<{recipient}>")
            assert code == 250, (recipient, said)
        text = "\n".join((f"X-Number: {number}", *headers, "", "body", ""))
        code, said = client.data(text.encode("utf-8", "surrogateescape"))
        assert code == 250, said

    def caught(self, numbers: int) -> dict[int, Caught]:
        """By number, once so many have come; recipients that came in several turns are put together."""

        def all_there() -> dict[int, Caught]:
            found: dict[int, Caught] = {}
            for each in self.relay.caught:
                mark = MARK.search(each.message)
                assert mark is not None
                before = found.get(int(mark[1]))
                also = before.recipients if before else ()
                found[int(mark[1])] = msgspec.structs.replace(each, recipients=(*also, *each.recipients))
            return found if len(found) >= numbers else {}

        return self.postfix.wait_until(all_there, f"{numbers} messages", _PATIENCE)

    def _written(self, directory: Path, ports: Mapping[str, int]) -> dict[str, str]:
        etc = directory / "postfix" / "etc"
        files = basic_files(directory, self._main)
        lines: list[str] = []
        for number, setup in enumerate(self._setups):
            files |= setup.files
            smtpd = {"cleanup_service_name": f"cleanup{number}",
                     "content_filter": f"out{number}:[127.0.0.1]:{self.relay.port}", **setup.smtpd}  # fmt: skip
            own = {"rewrite_service_name": f"rewrite{number}"}
            for head, options in (
                (f"127.0.0.1:{ports[f'smtpd{number}']} inet n - n - - smtpd", smtpd),
                (f"cleanup{number} unix n - n - 0 cleanup", {**own, **setup.cleanup}),
                (f"rewrite{number} unix - - n - - trivial-rewrite", setup.rewrite),
                (f"out{number} unix - - n - - smtp", {**own, **setup.smtp}),
            ):
                lines += [head, *(f"  -o {{ {name} = {value} }}" for name, value in options.items())]
        files["master.cf"] += "\n".join(lines).replace("@etc@", str(etc)) + "\n"
        return files


def basic_files(directory: Path, changes: Mapping[str, str]) -> dict[str, str]:
    """main.cf with these changes, and master.cf with all services but those that listen."""
    main = main_parameters(directory, directory / "mail.log", directory / "none", directory / "none")
    main = {name: value for name, value in main.items() if not name.startswith("smtpd_tls")}
    main |= {
        "smtpd_relay_restrictions": "check_client_access static:OK, reject",
        "smtpd_sasl_type": "cyrus", "smtpd_sasl_path": "smtpd",
        "smtpd_reject_unlisted_recipient": "no", "smtpd_authorized_xclient_hosts": "",
        "mydestination": "localhost, mx.a.test", "virtual_mailbox_domains": "", "virtual_mailbox_maps": "",
        "virtual_transport": "virtual", "smtputf8_enable": "no", "maximal_queue_backoff_time": "1s",
        "minimal_queue_backoff_time": "1s", "smtp_tls_security_level": "none", "default_transport": "smtp", **changes,
    }  # fmt: skip
    lines = [
        "pickup unix n - n 60 1 pickup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite",
        "cleanup unix n - n - 0 cleanup", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce", "error unix - - n - - error", "retry unix - - n - - error",
        "smtp unix - - n - - smtp", "relay unix - - n - - smtp", "anvil unix - - n - 1 anvil",
        "postlog unix-dgram n - n - 1 postlogd", "proxymap unix - - n - - proxymap", "local unix - n n - - local",
        "virtual unix - n n - - virtual", "discard unix - - n - - discard",
    ]  # fmt: skip
    return {
        "main.cf": "".join(f"{name} = {value}\n" for name, value in main.items()),
        "master.cf": "".join(f"{line}\n" for line in lines),
    }


def read_directory(directory: Path) -> Postfix:
    """The configuration as the emulation sees it."""

    def read(path: str) -> bytes | None:
        try:
            return Path(path).read_bytes()
        except OSError:
            return None

    return read_postfix(read, str(directory), {})
