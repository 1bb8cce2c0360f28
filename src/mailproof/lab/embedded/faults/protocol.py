"""Faults of form: what a server says is not as the protocol has it."""

from __future__ import annotations

from mailproof.lab.embedded.behaviour import Passwords
from mailproof.lab.embedded.faults.spec import ANY_SMTP, EVERYWHERE, LOGINS, SERVERS, SUBMISSION, UPGRADED, FaultSpec
from mailproof.lab.embedded.oddities import Oddity
from mailproof.model.endpoint import Protocol, Scheme

# The greeting of ManageSieve ends in a quoted string, behind which nothing may stand.
_PLAIN_GREETING = tuple(scheme for scheme in EVERYWHERE if scheme is not Scheme.SIEVE)
# A second greeting of IMAP and ManageSieve is a response that may stand there.
_GREET_ONCE = tuple(scheme for scheme in EVERYWHERE if scheme.protocol in (Protocol.SMTP, Protocol.POP3))
_WITH_LITERALS = tuple(scheme for scheme in EVERYWHERE if scheme.protocol is Protocol.IMAP)
_ASKED = ("--intrusive",)
_INJECTED = tuple(scheme for scheme in UPGRADED if scheme is not Scheme.SIEVE)
_HIDDEN = tuple(scheme for scheme in UPGRADED if scheme in LOGINS)

PROTOCOL = (
    FaultSpec("bare-lf", {"oddities": (Oddity.BARE_LF,)}),
    FaultSpec("control-bytes-in-reply", {"oddities": (Oddity.CONTROL_BYTE,)}, _PLAIN_GREETING),
    FaultSpec("reply-not-utf8", {"oddities": (Oddity.SHIFT_JIS,)}, _PLAIN_GREETING),
    FaultSpec("reply-too-long", {"oddities": (Oddity.LONG_LINE,)}, _PLAIN_GREETING),
    FaultSpec("unexpected-reply", {"oddities": (Oddity.TWICE,)}, _GREET_ONCE),
    FaultSpec("reply-malformed", {"oddities": (Oddity.STRAY_LINE,)}, ANY_SMTP),
    FaultSpec("multiline-reply-malformed", {"oddities": (Oddity.CODE_CHANGED,)}, ANY_SMTP),
    FaultSpec("reply-cut-off", {"oddities": (Oddity.CUT_OFF,)}),
    FaultSpec("wrong-literal", {"oddities": (Oddity.WRONG_LITERAL,)}, _WITH_LITERALS),
    FaultSpec("challenge-malformed", {"oddities": (Oddity.PLAIN_CHALLENGE,)}, LOGINS, given=("--mechanism", "LOGIN")),
    FaultSpec("capabilities-contradict", {"oddities": (Oddity.OFFERS_TLS_TWICE,)}, UPGRADED),
    FaultSpec("clear-text-after-starttls", {"oddities": (Oddity.BEFORE_TLS,)}, UPGRADED),
    FaultSpec("starttls-command-injection", {"reads_injected": True}, _INJECTED, given=_ASKED),
    FaultSpec(
        "auth-taken-unoffered", {"passwords": Passwords.HIDDEN, "mail_needs_tls": False}, _HIDDEN, given=_ASKED
    ),
    FaultSpec("second-auth-accepted", {"logs_in_again": True}, SUBMISSION, given=_ASKED),
    FaultSpec("errors-not-limited", {"bears_errors": True}, given=_ASKED),
    FaultSpec("long-line-split", {"splits_lines": True}, given=_ASKED),
    FaultSpec("recipient-limit-too-low", {"most_recipients": 10}, SERVERS, given=_ASKED),
)
