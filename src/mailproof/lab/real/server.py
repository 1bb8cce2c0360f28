"""The private real mail server: this machine's Postfix and Dovecot, on ports and in a directory of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from mailproof.lab.real import dovecot as dovecot_server
from mailproof.lab.real import postfix as postfix_server
from mailproof.lab.real.ports import listening_ports
from mailproof.lab.real.postfix import Options, Service
from mailproof.lab.real.private import START_SECONDS, Lack, PrivateServers, RealLabError, lacks
from mailproof.lab.real.processes import Daemon
from mailproof.script.authority import Authority, CertificateKind

Value = TypeVar("Value")

MasterChange = Mapping[str, Options | None] | Callable[[list[Service]], Iterable[Service | str]]
"""What to change in master.cf: options by `Service.key` (None takes the service away), or a function of all lines."""

POSTFIX_SCHEMES = ("smtp", "submission", "submissions")
DOVECOT_SCHEMES = ("pop3", "pop3s", "imap", "imaps", "sieve")

ACCOUNTS = {
    "alice@example.test": "looking-glass-1871",
    "bob@example.test": "can-we-fix-it-1999",
    "carol@example.test": "a-christmas-1843",
}


class RealLab(PrivateServers):
    """A Postfix and a Dovecot that serve example.test, healthy unless told otherwise. A context manager.

    Accounts are virtual: Postfix hands mail to Dovecot by LMTP, and Dovecot keeps it in Maildirs. Submission wants a
    login, relaying is refused to this machine, XCLIENT is allowed from 127.0.0.200, and nothing is looked up or
    sent outside.

    Dovecot takes a client with its own address for secure: to see it refuse a password in clear text, connect from
    127.0.0.2.
    """

    name = "mail.example.test"
    """The host that the certificates name."""

    def __init__(
        self,
        *,
        accounts: Mapping[str, str] | None = None,
        ports: Mapping[str, int] | None = None,
        main: Options | None = None,
        master: MasterChange | None = None,
        dovecot: str = "",
        dovecot_replace: Mapping[str, str] | None = None,
        certificate: CertificateKind = CertificateKind.GOOD,
        dovecot_certificate: CertificateKind | None = None,
        users: str | None = None,
        files: Mapping[str, str] | None = None,
        extra_ports: tuple[str, ...] = (),
        also_named: tuple[str, ...] = (),
        wait_for: Collection[str] | None = None,
    ) -> None:
        """Nothing is started yet, and nothing is on the disk.

        `accounts` are passwords by login; a login without a domain has its mail at example.test. `ports` are numbers
        by scheme; where none is named, a free one is taken.
        `main` sets parameters of main.cf, or takes them away with None. `dovecot` is added to the end of
        dovecot.conf, where a later setting wins; `dovecot_replace` exchanges text in it. `certificate` is presented
        by both servers, unless `dovecot_certificate` names another for Dovecot. `users` is the passwd-file of
        Dovecot. `files` are further ones, by path below the directory. `extra_ports` are claimed as well, for
        servers of the test. `also_named` are further names in the certificates. In all these texts `@directory@`,
        `@certificates@` and `@port:NAME@` are replaced.
        `wait_for` names the schemes that must listen before `start` returns: all by default, an empty collection
        for a server that is not meant to start.
        """
        super().__init__("log/startup.log", "log/mail.log", "log/dovecot.log")
        self.accounts: dict[str, str] = dict(ACCOUNTS if accounts is None else accounts)
        self._wanted_ports = ports or {}
        self._main = main or {}
        self._master = master or {}
        self._dovecot = dovecot
        self._dovecot_replace = dovecot_replace or {}
        self._certificate = certificate
        self._dovecot_certificate = dovecot_certificate or certificate
        self._users = users
        self._files = files or {}
        self._extra_ports = extra_ports
        self._also_named = also_named
        self._wait_for = wait_for
        self._services: list[Service | str] = []

    @staticmethod
    def missing() -> list[Lack]:
        """What this machine lacks to run the lab; empty if it can."""
        packages = {
            "postfix": postfix_server.DAEMONS / "master",
            "dovecot-core": Path("/usr/sbin/dovecot"),
            "dovecot-imapd": dovecot_server.LIBEXEC / "imap-login",
            "dovecot-pop3d": dovecot_server.LIBEXEC / "pop3-login",
            "dovecot-lmtpd": dovecot_server.LIBEXEC / "lmtp",
            "dovecot-managesieved": dovecot_server.LIBEXEC / "managesieve-login",
        }
        return lacks(packages, ("postfix", "dovecot", "dovenull", dovecot_server.MAIL_OWNER))

    @property
    def urls(self) -> dict[str, str]:
        """URL by scheme, for the schemes that a healthy lab serves."""
        tcp = {
            scheme: f"{scheme}://127.0.0.1:{self.ports[scheme]}" for scheme in (*POSTFIX_SCHEMES, *DOVECOT_SCHEMES)
        }
        return {**tcp, "lmtp": f"lmtp+unix://{self.lmtp_socket}"}

    @property
    def ca_file(self) -> Path:
        return self.directory / "certificates" / "root.pem"

    @property
    def dovecot_conf(self) -> Path:
        """For `doveconf -c`, `--dovecot-conf`."""
        return self.directory / "dovecot" / "dovecot.conf"

    @property
    def mail_log(self) -> Path:
        """Of Postfix."""
        return self.directory / "log" / "mail.log"

    @property
    def dovecot_log(self) -> Path:
        return self.directory / "log" / "dovecot.log"

    @property
    def lmtp_socket(self) -> Path:
        return self.directory / "dovecot" / "run" / "lmtp-postfix"

    def address(self, account: str) -> str:
        """Where the mail of an account is sent to."""
        return account if "@" in account else f"{account}@{self.name.partition('.')[2]}"

    def mailbox(self, account: str) -> Path:
        """The Maildir of an account; Dovecot makes it at the first delivery or login."""
        return self.directory / "dovecot" / "mail" / account

    def messages(self, account: str) -> list[Path]:
        """Files of the messages in the inbox of an account, the new ones first."""
        return [path for part in ("new", "cur") for path in sorted(self.mailbox(account).glob(f"{part}/*"))]

    def _start(self) -> None:
        if lacking := self.missing():
            raise RealLabError("real-lab-lacks", lacks=tuple(map(str, lacking)))
        self._prepare()
        dovecot = self._launch("/usr/sbin/dovecot", "-F", "-c", str(self.dovecot_conf))
        self._wait_for_listeners(dovecot, self._launch_postfix())

    def _wait_for_listeners(self, dovecot: Daemon, postfix: Daemon) -> None:
        lines = {line.key for line in self._services if isinstance(line, Service)}
        of_postfix, of_dovecot = lines & {*POSTFIX_SCHEMES}, {*DOVECOT_SCHEMES, "lmtp"}
        wanted = of_postfix | of_dovecot if self._wait_for is None else set(self._wait_for)
        if not wanted:
            return
        numbers = {self.ports[name] for name in wanted if name != "lmtp"}

        def up() -> bool:
            return numbers <= listening_ports() and ("lmtp" not in wanted or self.lmtp_socket.exists())

        needed = [daemon for daemon, served in ((dovecot, of_dovecot), (postfix, of_postfix)) if served & wanted]
        self._wait(up, ", ".join(sorted(wanted)), START_SECONDS, needed)

    def _expand(self, text: str) -> str:
        for name, port in self.ports.items():
            text = text.replace(f"@port:{name}@", str(port))
        return text.replace("@certificates@", f"{self.directory}/certificates").replace(
            "@directory@", str(self.directory)
        )

    def _prepare(self) -> None:
        """Claim ports and write everything that the daemons read."""
        self._claim((*POSTFIX_SCHEMES, *DOVECOT_SCHEMES, *self._extra_ports), self._wanted_ports)
        postfix_server.make_directories(self.directory)
        dovecot_server.make_directories(self.directory)
        self._write_certificates()
        self._write("postfix/etc/main.cf", self._main_cf())
        self._write("postfix/etc/master.cf", self._master_cf())
        addresses = (self.address(account) for account in self.accounts)
        self._write("postfix/etc/virtual_mailboxes", "".join(f"{address} virtual\n" for address in addresses))
        self._write("dovecot/dovecot.conf", self._dovecot_conf())
        users = dovecot_server.users_file(self.accounts) if self._users is None else self._users
        shutil.chown(self._write("dovecot/users", users, 0o640), "root", "dovecot")
        for path, text in self._files.items():
            self._write(path, self._expand(text))
        self._age()

    def _write(self, path: str, text: str, mode: int = 0o644) -> Path:
        whole = self.directory / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.touch(mode)
        whole.chmod(mode)
        whole.write_text(text, "utf-8", "surrogateescape")
        return whole

    def _write_certificates(self) -> None:
        authority = Authority("Lab")
        now = datetime.now(UTC)
        for server, kind in (("postfix", self._certificate), ("dovecot", self._dovecot_certificate)):
            directory = self.directory / "certificates" / server
            directory.mkdir(parents=True)
            authority.write(authority.issue(kind, self.name, now, self._also_named), directory)
        authority.write_root(self.directory / "certificates")

    def _main_cf(self) -> str:
        certificates = self.directory / "certificates" / "postfix"
        parameters: dict[str, str | None] = dict(
            postfix_server.main_parameters(
                self.directory, self.mail_log, certificates / "chain.pem", certificates / "key.pem"
            )
        )
        domains = {self.address(account).rpartition("@")[2]: None for account in ("postmaster", *self.accounts)}
        parameters["virtual_mailbox_domains"] = ", ".join(domains)
        parameters.update(
            {name: None if value is None else self._expand(value) for name, value in self._main.items()}
        )
        return "".join(f"{name} = {value}\n" for name, value in parameters.items() if value is not None)

    def _master_cf(self) -> str:
        services = postfix_server.master_services(self.ports)
        if callable(self._master):
            self._services = list(self._master(services))
        else:
            if unknown := set(self._master) - {service.key for service in services}:
                raise ValueError(f"no such service: {', '.join(sorted(unknown))}")
            changes = ((service, self._master.get(service.key, {})) for service in services)
            self._services = [service.with_options(change) for service, change in changes if change is not None]
        return "".join(f"{self._expand(str(line))}\n" for line in self._services)

    def _dovecot_conf(self) -> str:
        certificates = self.directory / "certificates" / "dovecot"
        text = dovecot_server.configuration(
            self.directory, self.dovecot_log, self.ports, certificates / "chain.pem", certificates / "key.pem"
        )
        for old, new in self._dovecot_replace.items():
            if self._expand(old) not in text:
                raise ValueError(f"not in dovecot.conf: {old}")
            text = text.replace(self._expand(old), self._expand(new))
        if bare := {account: self.address(account) for account in self.accounts if "@" not in account}:
            text = dovecot_server.with_addresses(text, self.directory)
            self._write("dovecot/addresses", dovecot_server.addresses_file(self.directory, self.accounts, bare))
        return text + self._expand(self._dovecot)
