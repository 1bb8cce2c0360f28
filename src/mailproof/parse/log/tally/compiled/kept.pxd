from mailproof.parse.log.tally.compiled.forms cimport Kind
from mailproof.parse.log.tally.compiled.known cimport Known
from mailproof.parse.log.tally.compiled.scan cimport Text

cdef enum:
    # Two texts that are looked for together are no longer; a reason alone is half of that.
    KEY = 256
    # Columns of the tables of Tables, and how many there are.
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


cdef Text NOTHING


cdef class Program:
    cdef Kind kind
    cdef str name, service
    cdef bytes service_octets
    cdef object ledger, handler
    cdef list row
    cdef dict flight
    cdef bint first
    cdef long long received, with_login, delivered, deferred, bounced, refused

    cdef bint handled(self, Text queue_id, Text text) except -1
    cdef int settle(self) except -1


cdef class Kept:
    cdef object tables
    cdef dict senders, recipients, refused, failed
    cdef Known logins, tls_in, tls_out, events, reasons, domains, relays, delays
    cdef tuple all

    cdef int make_room(self) except -1
    cdef int settle(self) except -1
    cdef int login(self, Program program, Text method, str outcome) except -2
    cdef int learned(self, Text key, object ledger, str service, str mechanism, str outcome) except -1
    cdef bint reason(self, const char *mark, str kind, str place, Text text) except -1
    cdef int event(self, Program program, const char *mark, str where, str what) except -1
    cdef int delay(self, long long delay) except -2


cdef bint joined(char *room, Py_ssize_t limit, Text *key, char mark, Text one, Text other) noexcept
cdef int add(dict table, str name, object weight) except -1
cdef bint add_one(dict table, str name) except -1
