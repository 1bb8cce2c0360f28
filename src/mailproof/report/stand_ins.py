"""Names and what stands for them: the first user seen is `user-1`, and so on."""

from __future__ import annotations

import ipaddress

# Words of protocols and programs, and names that say nothing about anybody. A user called `mail` is not hidden by
# replacing a word that stands in every session.
_PUBLIC = """
esmtp smtp lmtp pop3 imap imap4rev1 mail mailbox user users pass auth login plain ready server service system
postfix dovecot exim sendmail microsoft exchange outlook debian ubuntu postmaster root admin test inbox ok err bad no
bye hello ehlo helo lhlo from to rcpt data rset quit noop starttls stls capa capability size pipelining localhost
localdomain tls secret unknown outside info local virtual none pipe error discard maildrop procmail cyrus retry inet
unix nobody new address mailer-daemon masked reject defer dunno permit hold all any yes true false fail
"""
PUBLIC = frozenset(_PUBLIC.split())

# Documentation addresses for public ones (RFC 5737, RFC 3849); what is private stays so, for judgement looks at it.
_V4_PUBLIC = ("192.0.2.", "198.51.100.", "203.0.113.")
_V4_KINDS = (
    (ipaddress.ip_network("10.0.0.0/8"), "10.0.0."),
    (ipaddress.ip_network("172.16.0.0/12"), "172.16.0."),
    (ipaddress.ip_network("192.168.0.0/16"), "192.168.0."),
    (ipaddress.ip_network("100.64.0.0/10"), "100.64.0."),
    (ipaddress.ip_network("169.254.0.0/16"), "169.254.0."),
)
_V6_KINDS = ((ipaddress.ip_network("fc00::/7"), "fd00::"), (ipaddress.ip_network("fe80::/10"), "fe80::"))


class StandIns:
    """What stands for what. Numbers are given in the order in which names first come."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._domains: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._words: dict[str, str] = {}
        self._suspects: dict[str, int] = {}

    def learn_user(self, name: str) -> None:
        """From now on `name` is masked where it stands alone, too."""
        if name and name.lower() not in PUBLIC:
            self._words.setdefault(name.lower(), self.user(name))

    def learn_host(self, name: str) -> None:
        """Likewise a host name without a dot; others are known by their form."""
        word = name.lower()
        if word and "." not in word and ":" not in word and word not in PUBLIC and not word.isdigit():
            self._words.setdefault(word, self.host(word))

    def suspect_host(self, name: str, place: int) -> None:
        """A word where a host name belongs, in one of two places: it is one if it stands in both."""
        word = name.lower()
        if self._suspects.setdefault(word, place) != place:
            self.learn_host(word)

    def learn_queue_id(self, text: str) -> None:
        if text.lower() not in self._words:
            self._words[text.lower()] = f"QUEUE{self._number('queue')}"

    def learn_fingerprint(self, text: str) -> None:
        word = text.lower()
        if word not in self._words:
            self._words[word] = f"{self._number('fingerprint'):0{len(word)}x}"

    def user(self, name: str) -> str:
        if name.lower() not in self._users:
            self._users[name.lower()] = f"user-{self._number('user')}"
        return self._users[name.lower()]

    def host(self, name: str) -> str:
        """`host-1.domain-1.example`: two labels are the domain, those before are hosts, `*` and `_imaps` stay."""
        labels = name.lower().split(".")
        if name == "" or all(label in PUBLIC for label in labels):
            return name
        if len(labels) == 1:
            return self._label(labels[0])
        domain = ".".join(labels[-2:])
        if domain not in self._domains:
            self._domains[domain] = f"domain-{self._number('domain')}.example"
        return ".".join([*map(self._label, labels[:-2]), self._domains[domain]])

    def ip(self, text: str) -> str:
        """Loopback and the unspecified address say nothing about anybody and stay, as does what is no address.

        An IPv4 address in one of IPv6 (RFC 4291 section 2.5.5.2) is the same host: in it stands the same stand-in.
        """
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            inside = str(address.ipv4_mapped)
            known = self.ip(inside)
            return text if known == inside else f"::ffff:{known}"
        if address.is_loopback or address.is_unspecified:
            return text
        key = address.compressed
        if key not in self._addresses:
            self._addresses[key] = self._new_v4(address) if address.version == 4 else self._new_v6(address)
        return self._addresses[key]

    def word(self, text: str) -> str:
        return self._words.get(text.lower(), text)

    def _label(self, label: str) -> str:
        if label == "*" or label.startswith("_"):
            return label
        if label not in self._labels:
            self._labels[label] = f"host-{self._number('host')}"
        return self._labels[label]

    def _new_v4(self, address: ipaddress.IPv4Address) -> str:
        for network, prefix in _V4_KINDS:
            if address in network:
                return f"{prefix}{self._number(prefix)}"
        number = self._number("v4")
        prefix = _V4_PUBLIC[min((number - 1) // 254, len(_V4_PUBLIC) - 1)]
        return f"{prefix}{(number - 1) % 254 + 1}"

    def _new_v6(self, address: ipaddress.IPv6Address) -> str:
        prefix = next((prefix for network, prefix in _V6_KINDS if address in network), "2001:db8::")
        return f"{prefix}{self._number(prefix):x}"

    def _number(self, kind: str) -> int:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind]
