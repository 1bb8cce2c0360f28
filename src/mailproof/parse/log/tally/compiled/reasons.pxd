"""What `reasons.reason_of` gives, of printable ASCII."""

from libc.string cimport memchr, memcpy, memmove

from mailproof.parse.log.tally.compiled.scan cimport Text, is_digit, is_word, place_of, size

cdef enum:
    # As there.
    READ = 300
    SHOWN = 120
    # Stands for the dots, which are no ASCII; no line has it.
    DOTS = 1


cdef inline Py_ssize_t without_between(char *room, Py_ssize_t length, char opening, char closing) noexcept nogil:
    """Take out what stands between the first two of these."""
    cdef char *begin = <char *>memchr(room, opening, length)
    cdef char *end
    if begin == NULL:
        return length
    end = <char *>memchr(begin, closing, length - (begin - room))
    if end == NULL:
        return length
    memmove(begin + 1, end, length - (end - room))
    return length - (end - begin - 1)


cdef inline Py_ssize_t cut_into(char *room, Text text) noexcept nogil:
    """What `reasons.reason_of` cuts before it looks a reason up, at most READ characters; returns how many."""
    cdef Text read = text, part
    cdef const char *there
    cdef Py_ssize_t length, begin, end
    read.end = min(text.end, text.at + READ)
    there = place_of(read, b" said: ")
    if there != NULL:
        read.at = there + 7
    length = size(read)
    memcpy(room, read.at, length)
    length = without_between(room, length, b"<", b">")
    length = without_between(room, length, b"[", b"]")
    part.at, part.end = room, room + length
    there = place_of(part, b"http")
    return there - room if there != NULL and there > room else length


cdef inline bint is_of_name(char one) noexcept nogil:
    return is_word(one) or one == b"@" or one == b"+" or one == b"-"


cdef inline bint is_joint(char one) noexcept nogil:
    return one == b"." or one == b":" or one == b"/"


cdef inline const char *behind_code(const char *at, const char *end) noexcept nogil:
    """Behind `550 5.1.1 `, or `550 `, or where it is."""
    cdef const char *there
    cdef int digits, part
    if end - at < 4 or not is_digit(at[0]) or not is_digit(at[1]) or not is_digit(at[2]):
        return at
    if at[3] != b" " and at[3] != b"-":
        return at
    at += 4
    there = at
    if there == end or not (there[0] == b"2" or there[0] == b"4" or there[0] == b"5"):
        return at
    there += 1
    for part in range(2):
        if there == end or there[0] != b".":
            return at
        there += 1
        digits = 0
        while there < end and digits < 3 and is_digit(there[0]):
            there += 1
            digits += 1
        if not digits:
            return at
    return there + 1 if there < end and there[0] == b" " else at


cdef inline const char *behind_brackets(const char *at, const char *end) noexcept nogil:
    """Behind `<…>` or `[…]`, or where it is."""
    cdef const char *there = at + 1
    cdef char closing
    if at[0] == b"<":
        closing = b">"
    elif at[0] == b"[":
        closing = b"]"
    else:
        return at
    while there < end and there[0] != at[0] and there[0] != closing:
        there += 1
    return there + 1 if there < end and there[0] == closing else at


cdef inline const char *behind_name(const char *at, const char *end) noexcept nogil:
    """Behind a name with dots or colons in it, or where it is."""
    cdef const char *there = at
    cdef const char *behind = at
    while there < end and is_of_name(there[0]):
        there += 1
    while there + 1 < end and (there[0] == b"." or there[0] == b":") and is_of_name(there[1]):
        there += 1
        while there < end and is_of_name(there[0]):
            there += 1
        behind = there
    return behind


cdef inline const char *behind_number(const char *at, const char *end) noexcept nogil:
    """Behind a word with a digit in it, and words after hyphens, or where it is."""
    cdef const char *there = at
    cdef bint some = False
    while there < end and is_word(there[0]):
        some |= is_digit(there[0])
        there += 1
    if not some:
        return at
    while there + 1 < end and there[0] == b"-" and is_word(there[1]):
        there += 1
        while there < end and is_word(there[0]):
            there += 1
    return there


cdef inline Py_ssize_t reason_into(char *room, Text text) noexcept nogil:
    """Write the reason, with DOTS for what differs from one line to the next; returns its length, at most SHOWN."""
    cdef char cut[READ]
    cdef const char *end = cut + cut_into(cut, text)
    cdef const char *at = behind_code(cut, end)
    cdef const char *begin = at
    cdef const char *behind
    cdef Py_ssize_t length = at - cut
    memcpy(room, cut, length)
    while at < end and length <= SHOWN:
        behind = behind_brackets(at, end)
        if behind == at and (at == begin or not (is_of_name((at - 1)[0]) or is_joint((at - 1)[0]))):
            behind = behind_name(at, end)
        if behind == at and (at == begin or not is_word((at - 1)[0])):
            behind = behind_number(at, end)
        if behind == at:
            room[length] = at[0]
            length += 1
            at += 1
        else:
            if not length or room[length - 1] != DOTS:
                room[length] = DOTS
                length += 1
            at = behind
    length = min(length, SHOWN)
    while length and (room[length - 1] == b" " or room[length - 1] == b";" or room[length - 1] == b","):
        length -= 1
    return length
