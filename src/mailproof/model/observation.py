"""All that can be observed: typed facts, each with the turns that show it. What a check judges; never a judgement."""

from __future__ import annotations

from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.configuration import CertificateFile, DovecotFiles, EximFiles, PostfixFiles
from mailproof.model.connection import Connection, Greeting, Interrupted
from mailproof.model.dns import DnsAnswer
from mailproof.model.envelope import EnvelopeTried, SenderClaimed, Submitted, UserAsked, XclientTried
from mailproof.model.ese import EseCheckpoint, EseDatabase, EseLog, EsePages
from mailproof.model.followed import Followed
from mailproof.model.lookups import BlocklistAsked, LookupsSeen
from mailproof.model.machine import MachineSeen
from mailproof.model.policy_service import PolicyServiceSeen
from mailproof.model.provoked import Injected, LoginProbed, Strained
from mailproof.model.proxy import ProxyAsked
from mailproof.model.retrieval import Idled, MailboxOpened, Retrieved, UidsListed
from mailproof.model.sending_side import SendingSide
from mailproof.model.server_log import LogRead, LogSaid, LogStored
from mailproof.model.space import SpaceSeen
from mailproof.model.tls import StartTls, TlsHandshake, TlsVersionTried

AnyObservation = (
    DnsAnswer
    | Connection
    | ProxyAsked
    | Greeting
    | Capabilities
    | StartTls
    | TlsHandshake
    | TlsVersionTried
    | LoginTried
    | EnvelopeTried
    | SenderClaimed
    | UserAsked
    | Injected
    | LoginProbed
    | Strained
    | XclientTried
    | Submitted
    | SendingSide
    | MailboxOpened
    | UidsListed
    | Retrieved
    | Idled
    | Interrupted
    | EseDatabase
    | EseLog
    | EseCheckpoint
    | EsePages
    | LogRead
    | LogSaid
    | LogStored
    | Followed
    | LookupsSeen
    | BlocklistAsked
    | SpaceSeen
    | PolicyServiceSeen
    | MachineSeen
    | PostfixFiles
    | DovecotFiles
    | EximFiles
    | CertificateFile
)
