from libc.stdint cimport uint64_t

from mailproof.parse.log.tally.compiled.scan cimport Text

cdef enum:
    # Of what is remembered of lines at a time, and the slots for it.
    REMEMBERED = 4096
    SLOTS = 16384
    # Columns of the widest table.
    WIDTH = 8


cdef class Known:
    cdef list texts, meanings
    cdef uint64_t hashes[REMEMBERED]
    cdef Text places[REMEMBERED]
    cdef long long sums[REMEMBERED][WIDTH]
    cdef int slots[SLOTS]
    cdef int touched[REMEMBERED]
    cdef bint is_touched[REMEMBERED]
    cdef int many

    cdef int find(self, Text text) noexcept
    cdef int learn(self, Text text, object meaning) except -1
    cdef int found_or_learned(self, Text text) except -2
    cdef bint full(self) noexcept
    cdef object meaning(self, int number)
    cdef long long *row(self, int number) noexcept
    cdef int settle(self, dict table) except -1
    cdef int settle_rows(self, dict table, int width, int greatest) except -1
    cdef int clear_sums(self) except -1
    cdef int forget(self) except -1
