# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""How mail goes out: qmgr, and the programs that deliver; as `quick` and `quick_delivery`."""

from cpython.dict cimport PyDict_DelItem, PyDict_GetItem
from cpython.object cimport PyObject
from libc.string cimport memchr

from mailproof.parse.log.tally.compiled.forms cimport takes_level
from mailproof.parse.log.tally.compiled.kept cimport (
    BEFORE,
    DEFERRALS,
    DELAY,
    DELIVERIES,
    LONGEST,
    NOTHING,
    RETRIED,
    RETURNED,
    SLOWEST,
    Kept,
    Program,
)
from mailproof.parse.log.tally.compiled.scan cimport (
    DIGIT,
    Text,
    fill_sets,
    has,
    micros_in,
    number_in,
    place_of,
    run,
    size,
    starts,
    takes,
    takes_address,
    takes_one,
    takes_until,
    told,
)
from mailproof.parse.log.tally.compiled.tls cimport tls

from mailproof.parse.log.tally.ledger import ELSEWHERE as _ELSEWHERE
from mailproof.parse.log.tally.tables import WEIGHT_BITS as _WEIGHT_BITS

cdef object ELSEWHERE = _ELSEWHERE
cdef object WEIGHT_BITS = _WEIGHT_BITS
# Octets of a message that sums of 64 bits have no room for (`kept.LINES`).
cdef object TOO_MANY = 10**12

fill_sets()


cdef bint qmgr(Kept kept, Program program, Text queue_id, Text text) except -1:
    cdef Text sender, octets
    cdef list message
    cdef PyObject *known
    cdef str identity
    if not size(queue_id):
        return False
    identity = told(queue_id)
    known = PyDict_GetItem(program.flight, identity)
    message = <list>known if known != NULL else None
    if size(text) == 7 and starts(text, b"removed"):
        if message is not None and (program.first or message[0] is not ELSEWHERE):
            PyDict_DelItem(program.flight, identity)
        elif not program.first:
            program.ledger.removed(identity)
        return True
    if not takes(&text, b"from=<") or not takes_until(&text, &sender, b">, size=") or has(sender, b","):
        return False
    octets = run(&text, DIGIT)
    if (
        not 0 < size(octets) < 13
        or not takes(&text, b", nrcpt=")
        or not 0 < size(run(&text, DIGIT)) < 10
        or size(text) != 15
        or not starts(text, b" (queue active)")
    ):
        return False
    if message is not None and message[1]:
        return True
    if message is None or not message[0] or not has(sender, b"@"):
        program.ledger.queued(identity, told(sender), number_in(octets))
        return True
    message[1] = ((<object>number_in(octets)) << WEIGHT_BITS) + 1
    kept.senders.add(sender, 1, number_in(octets))
    return True


cdef bint delivery(Kept kept, Program program, Text queue_id, Text text) except -1:
    cdef Text recipient, original, relay, level = NOTHING
    cdef long long delay
    cdef long long parts[4]
    cdef int part
    if not size(queue_id):
        return tls(kept, program, kept.tls_out, "out", text)
    if not takes(&text, b"to=<") or not takes_address(&text, &recipient) or not takes(&text, b", "):
        return False
    if takes(&text, b"orig_to=<") and not (takes_address(&text, &original) and takes(&text, b", ")):
        return False
    if (
        not takes(&text, b"relay=")
        or not takes_until(&text, &relay, b", ")
        or not size(relay)
        or has(relay, b",")
        or relay.at[0] == b"<"
    ):
        return False
    if takes(&text, b"conn_use=") and not (size(run(&text, DIGIT)) and takes(&text, b", ")):
        return False
    if not takes(&text, b"delay=") or not micros_in(&text, &delay) or not takes(&text, b", delays="):
        return False
    for part in range(4):
        if (part and not takes_one(&text, b"/")) or not micros_in(&text, &parts[part]):
            return False
    if not takes(&text, b", "):
        return False
    if takes(&text, b"tls="):
        if not takes_until(&text, &level, b", ") or not size(level) or has(level, b",") or has(level, b"<"):
            return False
    if not takes(&text, b"dsn=") or not takes_level(&text) or not takes(&text, b", status="):
        return False
    if text.at == text.end or (text.end - 1)[0] != b")":
        return False
    text.end -= 1
    if takes(&text, b"sent ("):
        if place_of(text, b"forwarded as ") != NULL:
            program.ledger.forwarded()
            return True
        if not sent(kept, program, queue_id, recipient, relay, delay, parts):
            return False
        if size(level):
            kept.event(program, b"l", "tls-level", told(level))
        return True
    if takes(&text, b"deferred ("):
        return deferred(kept, program, queue_id, recipient, relay, delay, text)
    if takes(&text, b"bounced ("):
        return bounced(kept, program, relay, text)
    return False


cdef bint sent(
    Kept kept, Program program, Text queue_id, Text recipient, Text relay, long long delay, long long *parts
) except -1:
    """As Ledger.sent."""
    cdef str identity = told(queue_id)
    cdef PyObject *known = PyDict_GetItem(program.flight, identity)
    cdef int by_relay = kept.relays.found_or_learned(relay)
    cdef int by_domain = kept.domains.found_or_learned(domain_in(recipient))
    cdef int by_delay, part
    cdef long long *row
    if known == NULL or not (<list>known)[1]:
        program.ledger.sent(identity, told(recipient), told(relay), delay, (parts[0], parts[1], parts[2], parts[3]))
        return True
    octets = (<list>known)[1] >> WEIGHT_BITS
    if octets >= TOO_MANY:
        return False
    by_delay = kept.delay(delay)
    if by_relay < 0 or by_domain < 0 or by_delay < 0:
        return False
    kept.recipients.add(recipient, 1, octets)
    program.delivered += 1
    kept.delays.row(by_delay)[0] += 1
    row = kept.domains.row(by_domain)
    row[DELAY] += delay
    row[LONGEST] = max(row[LONGEST], delay)
    row = kept.relays.row(by_relay)
    row[DELIVERIES] += 1
    for part in range(4):
        row[BEFORE + part] += parts[part]
    row[SLOWEST] = max(row[SLOWEST], delay)
    return True


cdef bint deferred(
    Kept kept, Program program, Text queue_id, Text recipient, Text relay, long long delay, Text reason
) except -1:
    """As Ledger.deferred."""
    cdef PyObject *known = PyDict_GetItem(program.flight, told(queue_id))
    cdef int by_relay = kept.relays.found_or_learned(relay)
    cdef int by_domain = kept.domains.found_or_learned(domain_in(recipient))
    cdef list message = <list>known if known != NULL else None
    cdef long long *row
    if (
        message is None
        or message[0] is ELSEWHERE
        or by_relay < 0
        or by_domain < 0
        or not kept.reason(b"d", "deferred", program.name, reason)
    ):
        return False
    if not message[2]:
        message[2] = 1
        kept.tables.count("deferred")
    program.deferred += 1
    kept.recipients.add(recipient, 0, 0)
    row = kept.domains.row(by_domain)
    row[DEFERRALS] += 1
    row[LONGEST] = max(row[LONGEST], delay)
    kept.relays.row(by_relay)[RETRIED] += 1
    return True


cdef bint bounced(Kept kept, Program program, Text relay, Text reason) except -1:
    """As Ledger.bounced."""
    cdef int number = kept.relays.found_or_learned(relay)
    if number < 0 or not kept.reason(b"b", "bounced", program.name, reason):
        return False
    program.bounced += 1
    kept.relays.row(number)[RETURNED] += 1
    return True


cdef Text domain_in(Text recipient) noexcept:
    """From its first `@` on, or all of it."""
    cdef const char *at = <const char *>memchr(recipient.at, b"@", size(recipient))
    if at != NULL:
        recipient.at = at
    return recipient
