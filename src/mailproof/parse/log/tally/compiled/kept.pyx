# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Who counts, as `ledger` does; and what is kept back of the tables, for it is added to again and again."""

from libc.string cimport memcpy

from mailproof.parse.log.tally.compiled.forms cimport (
    ANVIL,
    BOUNCE,
    CLEANUP,
    DELIVERY,
    DOVECOT,
    HANDLED,
    OPENDKIM,
    OTHER,
    PICKUP,
    POSTGREY,
    POSTSCREEN,
    QMGR,
    SMTPD,
    Kind,
)
from mailproof.parse.log.tally.compiled.known cimport REMEMBERED, Known
from mailproof.parse.log.tally.compiled.reasons cimport DOTS, SHOWN, reason_into
from mailproof.parse.log.tally.compiled.scan cimport Text, size, told
from mailproof.parse.log.tally.compiled.sums cimport add
from mailproof.parse.log.tally.compiled.weights cimport Weights

from mailproof.parse.log.tally.quick import DELIVERING
from mailproof.parse.log.tally.record import row_of_service
from mailproof.parse.log.tally.tables import DELAYS as _DELAYS

# Two texts that are looked for together are no longer; a reason alone is half of that.
cdef enum:
    KEY = 256

# By family and name: OpenSMTPD has an smtpd too, Cyrus an lmtp, and an instance of Postfix a service of any name.
_KINDS = {
    ("postfix", "smtpd"): SMTPD,
    ("postfix", "qmgr"): QMGR,
    ("postfix", "cleanup"): CLEANUP,
    ("postfix", "pickup"): PICKUP,
    ("postfix", "postscreen"): POSTSCREEN,
    ("postfix", "bounce"): BOUNCE,
    ("postfix", "anvil"): ANVIL,
    ("postgrey", "postgrey"): POSTGREY,
    ("opendkim", "opendkim"): OPENDKIM,
    ("dovecot", "dovecot"): DOVECOT,
    ("", ""): OTHER,
}
for _name in DELIVERING:
    _KINDS["postfix", _name] = DELIVERY
cdef Py_ssize_t DELAYS = _DELAYS
KEPT_BACK = REMEMBERED
"""So many names of domains, and of relays, are kept back at most until they are settled."""
NOTHING.at = NOTHING.end = ""


cdef class Program:
    """One program of one host: what kind it is of, and who counts its lines."""

    def __init__(
        self, str family not None, str name not None, object ledger, str service not None, object handler not None
    ) -> None:
        self.kind = _KINDS.get((family, name), HANDLED)
        self.name, self.ledger, self.service, self.handler = name, ledger, service, handler
        self.service_octets = service.encode()
        self.told_service.at = self.service_octets
        self.told_service.end = self.told_service.at + len(self.service_octets)
        self.row = None
        if ledger is not None:
            self.flight, self.first = ledger.flight, ledger.first

    cdef bint handled(self, Text queue_id, Text text) except -1:
        """In Python."""
        return not self.handler(told(queue_id), told(text))

    cdef int open_row(self) except -1:
        """A service has a row once it counts something, and not all have one."""
        if self.row is None:
            self.row = row_of_service(self.ledger, self.service)
        return 0

    cdef int settle(self) except -1:
        """Add what was counted to the rows of the hour and of the service."""
        cdef list row
        if self.received or self.delivered or self.deferred or self.bounced or self.refused:
            row = self.ledger.bucket
            row[0] += self.received
            row[1] += self.delivered
            row[2] += self.deferred
            row[3] += self.bounced
            row[4] += self.refused
        if self.received or self.refused:
            row = self.row
            row[0] += self.received
            row[1] += self.with_login
            row[2] += self.refused
        self.received = self.with_login = self.delivered = self.deferred = self.bounced = self.refused = 0
        return 0


cdef class Kept:
    """What is added to the tables of Tables, by `settle` where it comes often."""

    def __init__(self, object tables not None) -> None:
        self.tables = tables
        self.senders, self.recipients = Weights(), Weights()
        self.refused, self.failed = tables.refused, tables.failed
        self.logins, self.tls_in, self.tls_out, self.events, self.reasons = (Known() for _ in range(5))
        self.domains, self.relays, self.delays = (Known() for _ in range(3))
        self.all = (
            *(self.logins, self.tls_in, self.tls_out, self.events, self.reasons),
            *(self.domains, self.relays, self.delays),
        )

    cdef int make_room(self) except -1:
        """Where there is none for something new, or soon none for sums."""
        cdef Known known
        if self.lines > LINES:
            self.settle()
        for known in self.all:
            if known.full():
                self.settle()
        return 0

    cdef int settle(self) except -1:
        """Add to the tables what was kept back."""
        self.senders.settle(self.tables.senders)
        self.recipients.settle(self.tables.recipients)
        self.logins.settle(self.tables.logins)
        self.tls_in.settle(None)
        self.tls_out.settle(None)
        self.events.settle(self.tables.events)
        self.reasons.settle(self.tables.reasons)
        self.delays.settle(self.tables.delays)
        self.domains.settle_rows(self.tables.domains, OF_DOMAIN, LONGEST)
        self.relays.settle_rows(self.tables.relays, OF_RELAY, SLOWEST)
        self.lines = 0
        return 0

    cdef int login(self, char mark, object ledger, Text service, Text method, str outcome) except -2:
        """The number of logins as Ledger.login has them, `mark` being of the outcome; -1 where there is no room."""
        cdef char room[KEY]
        cdef Text key
        cdef int number
        if not joined(room, sizeof(room), &key, mark, service, method):
            return -1
        number = self.logins.find(key)
        if number < 0 and not self.logins.full():
            meaning = ledger.login(told(service), told(method), outcome)
            # It is counted by whoever has asked.
            self.tables.logins[meaning] -= 1
            number = self.logins.learn(key, meaning)
        return number

    cdef bint reason(self, char mark, str kind, str place, Text text) except -1:
        """Count what `reasons.reason_of` makes of it; False, and nothing counted, where there is no room."""
        cdef char room[KEY]
        cdef char said[SHOWN + 1]
        cdef Text reason, where, key
        cdef bytes octets = place.encode()
        cdef int number
        where.at = octets
        where.end = where.at + len(octets)
        reason.at = said
        reason.end = said + reason_into(said, text)
        if not joined(room, sizeof(room), &key, mark, where, reason):
            return False
        number = self.reasons.find(key)
        if number < 0:
            if self.reasons.full():
                return False
            what = told(reason).replace(chr(DOTS), "…")
            self.tables.reason(kind, place, what)
            meaning = (kind, place, what)
            if meaning not in self.tables.reasons:
                meaning = (kind, place, "")
            self.reasons.learn(key, meaning)
            return True
        self.reasons.row(number)[0] += 1
        return True

    cdef int event(self, Program program, char mark, str where, str what) except -1:
        """As Ledger.event."""
        cdef char room[KEY]
        cdef bytes octets = what.encode()
        cdef Text text, key
        cdef int number
        text.at = octets
        text.end = text.at + len(octets)
        if not joined(room, sizeof(room), &key, mark, text, NOTHING):
            program.ledger.event(where, what)
            return 0
        number = self.events.find(key)
        if number >= 0:
            self.events.row(number)[0] += 1
            return 0
        program.ledger.event(where, what)
        if not self.events.full():
            self.events.learn(key, (where, what) if (where, what) in self.tables.events else (where, "…"))
        return 0

    cdef int delay(self, long long delay) except -2:
        """Its number; -1 where there is no room."""
        cdef Text key
        cdef int number
        cdef dict delays
        key.at = <const char *>&delay
        key.end = key.at + sizeof(delay)
        number = self.delays.find(key)
        if number < 0 and not self.delays.full():
            delays = self.tables.delays
            meaning = delay if delay in delays or len(delays) < DELAYS else delay - delay % 1_000_000
            delays.setdefault(meaning, 0)
            number = self.delays.learn(key, meaning)
        return number


cdef bint joined(char *room, Py_ssize_t limit, Text *key, char mark, Text one, Text other) noexcept:
    """A key of both, written into a room of so many characters; False where it has none."""
    if size(one) + size(other) + 2 > limit:
        return False
    room[0] = mark
    memcpy(room + 1, one.at, size(one))
    # No line has this in it.
    room[size(one) + 1] = 0
    memcpy(room + size(one) + 2, other.at, size(other))
    key.at = room
    key.end = room + size(one) + 2 + size(other)
    return True


cdef bint add_one(dict table, Text name) except -1:
    add(table, told(name), 1)
    return True
