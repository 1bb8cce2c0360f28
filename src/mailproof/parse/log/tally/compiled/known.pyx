# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Texts that come again and again, by what they stand for, and numbers that are added up for each of them."""

from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memset

from mailproof.parse.log.tally.compiled.scan cimport Text, hash_of, size, told


cdef class Known:
    """What texts stand for, and sums for each since it was settled; of REMEMBERED at most, then they are forgotten.

    Strangers may choose texts of one hash: then a search is as long as what is remembered, and no longer.
    """

    def __cinit__(self):
        self.texts, self.meanings, self.many = [], [], 0
        memset(self.sums, 0, sizeof(self.sums))
        memset(self.is_touched, 0, sizeof(self.is_touched))
        self.forget()

    cdef int find(self, Text text) noexcept:
        """Its number; -1 where it is not known."""
        cdef uint64_t hashed = hash_of(text)
        cdef Py_ssize_t slot = hashed % SLOTS
        cdef int number = self.slots[slot]
        while number >= 0:
            if self.hashes[number] == hashed and size(self.places[number]) == size(text):
                if memcmp(self.places[number].at, text.at, size(text)) == 0:
                    return number
            slot = (slot + 1) % SLOTS
            number = self.slots[slot]
        return -1

    cdef int learn(self, Text text, object meaning) except -1:
        """Its number from now on. There must be room for it."""
        cdef uint64_t hashed = hash_of(text)
        cdef Py_ssize_t slot = hashed % SLOTS
        cdef int number = len(self.texts)
        if number >= REMEMBERED:
            raise IndexError("no room")
        while self.slots[slot] >= 0:
            slot = (slot + 1) % SLOTS
        cdef bytes kept = text.at[: size(text)]
        self.texts.append(kept)
        self.meanings.append(meaning)
        self.places[number].at = kept
        self.places[number].end = self.places[number].at + size(text)
        self.slots[slot] = number
        self.hashes[number] = hashed
        return number

    cdef int found_or_learned(self, Text text) except -2:
        """The number of a text that stands for itself; -1 where there is no room for it."""
        cdef int number = self.find(text)
        if number < 0 and not self.full():
            number = self.learn(text, told(text))
        return number

    cdef bint full(self) noexcept:
        return len(self.texts) == REMEMBERED

    cdef object meaning(self, int number):
        return self.meanings[number]

    cdef long long *row(self, int number) noexcept:
        """Its sums, to be added to."""
        if not self.is_touched[number]:
            self.is_touched[number] = True
            self.touched[self.many] = number
            self.many += 1
        return self.sums[number]

    cdef int settle(self, dict table) except -1:
        """Add the first of the sums to the numbers in a table that has them all; without one, to lists of one."""
        cdef int at, number
        for at in range(self.many):
            number = self.touched[at]
            meaning = self.meanings[number]
            if table is None:
                (<list>meaning)[0] += self.sums[number][0]
            else:
                table[meaning] += self.sums[number][0]
        return self.forget()

    cdef int settle_rows(self, dict table, int width, int greatest) except -1:
        """Add the sums to the rows of a table; of one column the greatest is kept."""
        cdef int at, number, column
        cdef list row
        for at in range(self.many):
            number = self.touched[at]
            row = table.setdefault(self.meanings[number], [0] * width)
            for column in range(width):
                if column == greatest:
                    row[column] = max(row[column], self.sums[number][column])
                elif self.sums[number][column]:
                    row[column] += self.sums[number][column]
        return self.forget()

    cdef int clear_sums(self) except -1:
        """They have been settled."""
        cdef int at
        for at in range(self.many):
            memset(self.sums[self.touched[at]], 0, sizeof(self.sums[0]))
            self.is_touched[self.touched[at]] = False
        self.many = 0
        return 0

    cdef int forget(self) except -1:
        """The sums, which have been settled; the texts too, once there are too many."""
        cdef int slot
        self.clear_sums()
        if self.full() or not self.texts:
            self.texts.clear()
            self.meanings.clear()
            for slot in range(SLOTS):
                self.slots[slot] = -1
        return 0
