# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""TLS in both directions, as `quick_lines.tls_handler`."""

from mailproof.parse.log.tally.compiled.kept cimport Kept, Program
from mailproof.parse.log.tally.compiled.known cimport Known
from mailproof.parse.log.tally.compiled.scan cimport Text, fill_sets, starts, takes, takes_client, takes_port, told

from mailproof.parse.log.tally.quick_lines import CIPHER as _CIPHER

cdef object CIPHER = _CIPHER

fill_sets()


cdef bint tls(Kept kept, Program program, Known known, str direction, Text text) except -1:
    """`Anonymous TLS connection established from HOST[IP]: TLSv1.3 with cipher …`."""
    cdef int number
    if not (
        takes(&text, b"Anonymous ")
        or takes(&text, b"Trusted ")
        or takes(&text, b"Untrusted ")
        or takes(&text, b"Verified ")
    ):
        return False
    if not takes(&text, b"TLS connection established "):
        return False
    if not (takes(&text, b"from ") if known is kept.tls_in else takes(&text, b"to ")):
        return False
    if not takes_client(&text) or (starts(text, b":") and not starts(text, b": ") and not takes_port(&text)):
        return False
    if not takes(&text, b": "):
        return False
    number = known.find(text)
    if number < 0:
        found = CIPHER.match(told(text))
        if known.full() or found is None:
            return False
        number = known.learn(text, program.ledger.tls(direction, found[1]))
    known.row(number)[0] += 1
    return True
