from mailproof.parse.log.tally.compiled.forms cimport Kind
from mailproof.parse.log.tally.compiled.known cimport Known
from mailproof.parse.log.tally.compiled.scan cimport Text
from mailproof.parse.log.tally.compiled.weights cimport Weights

cdef enum:
    # Columns of rows in Tables, as there, and how many there are.
    DEFERRALS = 0
    DELAY = 1
    LONGEST = 2
    OF_DOMAIN = 3
    DELIVERIES = 0
    BEFORE = 1
    SLOWEST = 5
    RETRIED = 6
    RETURNED = 7
    OF_RELAY = 8
    # What is added up in 64 bits, octets and microseconds, is less than 10**12: so many lines leave room for a block.
    LINES = 4_000_000


cdef Text NOTHING


cdef class Program:
    cdef Kind kind
    cdef str name, service
    cdef bytes service_octets
    cdef Text told_service
    cdef object ledger, handler
    cdef list row
    cdef dict flight
    cdef bint first
    cdef long long received, with_login, delivered, deferred, bounced, refused

    cdef bint handled(self, Text queue_id, Text text) except -1
    cdef int open_row(self) except -1
    cdef int settle(self) except -1


cdef class Kept:
    cdef object tables
    cdef Py_ssize_t lines
    cdef Weights senders, recipients
    cdef dict refused, failed
    cdef Known logins, tls_in, tls_out, events, reasons, domains, relays, delays
    cdef tuple all

    cdef int make_room(self) except -1
    cdef int settle(self) except -1
    cdef int login(self, char mark, object ledger, Text service, Text method, str outcome) except -2
    cdef bint reason(self, char mark, str kind, str place, Text text) except -1
    cdef int event(self, Program program, char mark, str where, str what) except -1
    cdef int delay(self, long long delay) except -2


cdef bint add_one(dict table, Text name) except -1
