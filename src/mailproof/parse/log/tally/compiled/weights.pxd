from libc.stdint cimport uint32_t, uint64_t

from mailproof.parse.log.tally.compiled.scan cimport Text


ctypedef struct Weight:
    uint64_t hashed
    # In the text of all of them.
    uint32_t at
    uint32_t length
    long long messages
    long long octets


ctypedef struct Late:
    Text address
    uint64_t hashed
    long long messages
    long long octets


cdef enum:
    WAITING = 32


cdef class Weights:
    cdef Late late[WAITING]
    cdef int waiting
    cdef Weight *weights
    cdef uint32_t *slots
    cdef char *text
    cdef readonly Py_ssize_t many
    cdef Py_ssize_t room, used, text_room

    cdef int add(self, Text address, long long messages, long long octets) except -1
    cdef int catch_up(self) except -1
    cdef int _add(self, Text address, uint64_t hashed, long long messages, long long octets) except -1
    cdef int settle(self, dict table) except -1
    cdef void _release(self) noexcept
    cdef int _make_room(self, Py_ssize_t length) except -1
