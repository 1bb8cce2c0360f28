# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Messages and octets by address: each of some hundred thousand once or a few times.

In a dict of Python each is read in four places of memory that are in no cache, one after the other.
"""

from os import urandom

from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from mailproof.parse.log.tally.compiled.scan cimport Text, size
from mailproof.parse.log.tally.compiled.sums cimport add

from mailproof.parse.log.tally.tables import WEIGHT_BITS as _WEIGHT_BITS

cdef enum:
    # For a start; there are twice as many slots.
    FIRST_ROOM = 1 << 12

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define mailproof_fetch(there) __builtin_prefetch(there)
    #else
    #define mailproof_fetch(there)
    #endif
    """
    void fetch "mailproof_fetch"(const void *there) noexcept nogil

cdef object WEIGHT_BITS = _WEIGHT_BITS
# Strangers choose the addresses, and must not know which of them are near each other.
cdef uint64_t[2] SECRET
_secret = urandom(16)
SECRET[0], SECRET[1] = int.from_bytes(_secret[:8], "little"), int.from_bytes(_secret[8:], "little")


cdef class Weights:
    """Sums since they were settled."""

    def __cinit__(self):
        self.weights, self.slots, self.text = NULL, NULL, NULL
        self.many = self.room = self.used = self.text_room = 0

    def __dealloc__(self):
        self._release()

    cdef void _release(self) noexcept:
        PyMem_RawFree(self.weights)
        PyMem_RawFree(self.slots)
        PyMem_RawFree(self.text)
        self.weights, self.slots, self.text = NULL, NULL, NULL
        self.many = self.room = self.used = self.text_room = 0

    cdef int add(self, Text address, long long messages, long long octets) except -1:
        """Octets are less than 10**12, for which sums have room (`kept`). The address must stay until `catch_up`."""
        cdef Late *late = &self.late[self.waiting]
        late.address, late.hashed, late.messages, late.octets = address, siphash(address), messages, octets
        if self.room:
            fetch(&self.slots[late.hashed & (2 * self.room - 1)])
        self.waiting += 1
        return self.catch_up() if self.waiting == WAITING else 0

    cdef int catch_up(self) except -1:
        """Add those that wait. Memory for all of them is asked for at once, which takes as long as for one."""
        cdef int at, many = self.waiting
        cdef uint32_t number
        cdef Weight *weight
        if self.room:
            for at in range(many):
                number = self.slots[self.late[at].hashed & (2 * self.room - 1)]
                if number:
                    fetch(&self.weights[number - 1])
            for at in range(many):
                number = self.slots[self.late[at].hashed & (2 * self.room - 1)]
                if number:
                    fetch(self.text + self.weights[number - 1].at)
        self.waiting = 0
        for at in range(many):
            self._add(self.late[at].address, self.late[at].hashed, self.late[at].messages, self.late[at].octets)
        return 0

    cdef int _add(self, Text address, uint64_t hashed, long long messages, long long octets) except -1:
        cdef uint64_t mask, slot
        cdef Weight *weight
        self._make_room(size(address))
        mask = 2 * self.room - 1
        slot = hashed & mask
        while self.slots[slot]:
            weight = &self.weights[self.slots[slot] - 1]
            if (
                weight.hashed == hashed
                and weight.length == size(address)
                and memcmp(self.text + weight.at, address.at, weight.length) == 0
            ):
                weight.messages += messages
                weight.octets += octets
                return 0
            slot = (slot + 1) & mask
        weight = &self.weights[self.many]
        weight.hashed, weight.at, weight.length = hashed, self.used, size(address)
        weight.messages, weight.octets = messages, octets
        memcpy(self.text + self.used, address.at, size(address))
        self.used += size(address)
        self.many += 1
        self.slots[slot] = self.many
        return 0

    cdef int settle(self, dict table) except -1:
        """Add them to a table of weights."""
        cdef Py_ssize_t at
        cdef Weight *weight
        for at in range(self.many):
            weight = &self.weights[at]
            name = PyUnicode_DecodeASCII(self.text + weight.at, weight.length, NULL)
            add(table, name, ((<object>weight.octets) << WEIGHT_BITS) + weight.messages)
        self._release()
        return 0

    cdef int _make_room(self, Py_ssize_t length) except -1:
        """For one more, of this length."""
        cdef Py_ssize_t at, room
        cdef uint64_t slot
        if self.used + length > self.text_room:
            # A line has no more than a few thousand, and LIMIT addresses are settled long before 32 bits are too few.
            room = 2 * self.text_room + 64 * FIRST_ROOM
            self.text = <char *>more(self.text, room)
            self.text_room = room
        if self.many < self.room:
            return 0
        room = max(2 * self.room, FIRST_ROOM)
        self.weights = <Weight *>more(self.weights, room * sizeof(Weight))
        self.slots = <uint32_t *>more(self.slots, 2 * room * sizeof(uint32_t))
        self.room = room
        memset(self.slots, 0, 2 * room * sizeof(uint32_t))
        for at in range(self.many):
            slot = self.weights[at].hashed & (2 * room - 1)
            while self.slots[slot]:
                slot = (slot + 1) & (2 * room - 1)
            self.slots[slot] = at + 1
        return 0


cdef void *more(void *memory, size_t octets) except NULL:
    cdef void *there = PyMem_RawRealloc(memory, octets)
    if there == NULL:
        raise MemoryError
    return there


cdef inline uint64_t turned(uint64_t word, int bits) noexcept nogil:
    return (word << bits) | (word >> (64 - bits))


cdef inline void mixed(uint64_t *v) noexcept nogil:
    v[0] += v[1]
    v[1] = turned(v[1], 13) ^ v[0]
    v[0] = turned(v[0], 32)
    v[2] += v[3]
    v[3] = turned(v[3], 16) ^ v[2]
    v[0] += v[3]
    v[3] = turned(v[3], 21) ^ v[0]
    v[2] += v[1]
    v[1] = turned(v[1], 17) ^ v[2]
    v[2] = turned(v[2], 32)


cdef inline uint64_t siphash(Text text) noexcept nogil:
    """SipHash-1-3 (Aumasson and Bernstein, 2012), which Python itself has for its strings."""
    cdef uint64_t[4] v
    cdef uint64_t word
    cdef int rounds
    cdef uint64_t length = <uint64_t>size(text) << 56
    v[0] = SECRET[0] ^ <uint64_t>0x736F6D6570736575
    v[1] = SECRET[1] ^ <uint64_t>0x646F72616E646F6D
    v[2] = SECRET[0] ^ <uint64_t>0x6C7967656E657261
    v[3] = SECRET[1] ^ <uint64_t>0x7465646279746573
    while size(text) >= 8:
        memcpy(&word, text.at, 8)
        v[3] ^= word
        mixed(v)
        v[0] ^= word
        text.at += 8
    word = 0
    memcpy(&word, text.at, size(text))
    word |= length
    v[3] ^= word
    mixed(v)
    v[0] ^= word
    v[2] ^= 0xFF
    for rounds in range(3):
        mixed(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]
