"""The upgrades by protocol."""

from __future__ import annotations

from mailproof.model.talk import TalkProtocol
from mailproof.wire.starttls.course import Upgrade
from mailproof.wire.starttls.ftp import FTP
from mailproof.wire.starttls.imap import IMAP
from mailproof.wire.starttls.irc import IRC
from mailproof.wire.starttls.ldap import LDAP
from mailproof.wire.starttls.mysql import MYSQL
from mailproof.wire.starttls.nntp import NNTP
from mailproof.wire.starttls.pop3 import POP3
from mailproof.wire.starttls.postgres import POSTGRES
from mailproof.wire.starttls.sieve import SIEVE
from mailproof.wire.starttls.smtp import LMTP, SMTP
from mailproof.wire.starttls.xmpp import XMPP, XMPP_SERVER

UPGRADES: dict[TalkProtocol, Upgrade] = {
    TalkProtocol.SMTP: SMTP,
    TalkProtocol.LMTP: LMTP,
    TalkProtocol.POP3: POP3,
    TalkProtocol.IMAP: IMAP,
    TalkProtocol.SIEVE: SIEVE,
    TalkProtocol.NNTP: NNTP,
    TalkProtocol.FTP: FTP,
    TalkProtocol.XMPP: XMPP,
    TalkProtocol.XMPP_SERVER: XMPP_SERVER,
    TalkProtocol.IRC: IRC,
    TalkProtocol.LDAP: LDAP,
    TalkProtocol.POSTGRES: POSTGRES,
    TalkProtocol.MYSQL: MYSQL,
}
"""All that `openssl s_client -starttls` upgrades, but telnet; HTTP and bare TCP have no upgrade."""
