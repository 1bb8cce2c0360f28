"""Text between two pointers, read from left to right.

A Text never looks behind its end. Whatever does not fit leaves it where it is and says so.
"""

from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport uint64_t
from libc.string cimport memchr, memcmp, memcpy, strlen

# Sets of characters, each a bit.
cdef enum:
    DIGIT = 1
    # Of a tag: `postfix/smtpd`.
    NAME = 2
    # Of a queue id, a short one and a long one (postconf(5), enable_long_queue_ids).
    HEX = 4
    BASE52 = 8
    # Of a command in SMTP: `END-OF-MESSAGE`.
    COMMAND = 16
    # What a host has none of.
    NO_HOST = 32
    # What the name and the address of a client have none of.
    NO_CLIENT = 64
    # What a value of Dovecot's lines has none of.
    NO_VALUE = 128
    # What stands between angle brackets has none of: a user, a path.
    NO_USER = 256
    NO_PATH = 512
    # Small letters, and blanks between them.
    LOWER = 1024


cdef extern from *:
    """
    static unsigned short SETS[256];
    """
    # Each module that reads by them fills its own.
    unsigned short SETS[256]


cdef inline void fill_sets() noexcept:
    cdef int one
    for one in range(33, 127):
        if b"0" <= one <= b"9":
            SETS[one] = DIGIT | NAME | HEX | BASE52
        elif b"A" <= one <= b"Z":
            SETS[one] = NAME | BASE52 | COMMAND
        elif b"a" <= one <= b"z":
            SETS[one] = NAME | BASE52 | LOWER
    for vowel in b"AEIOUaeiou":
        SETS[vowel] &= ~BASE52
    for digit in b"ABCDEF":
        SETS[digit] |= HEX
    SETS[b"-"] = NAME | COMMAND
    SETS[b"_"] = SETS[b"/"] = NAME
    SETS[b" "] = LOWER | NO_HOST | NO_CLIENT | NO_VALUE | NO_USER
    SETS[b":"] = NO_HOST
    SETS[b"["] = SETS[b"]"] = NO_CLIENT
    SETS[b"("] = NO_HOST
    SETS[b","] = NO_VALUE
    SETS[b"<"] = NO_HOST | NO_VALUE | NO_USER | NO_PATH
    SETS[b">"] = NO_VALUE | NO_USER | NO_PATH


ctypedef struct Text:
    const char *at
    const char *end


cdef inline Py_ssize_t size(Text text) noexcept nogil:
    return text.end - text.at


cdef inline Text text_of(const char *words) noexcept nogil:
    """Of words in the source: their length is known when this is compiled."""
    cdef Text text
    text.at, text.end = words, words + strlen(words)
    return text


cdef inline bint begins(Text text, Text words) noexcept nogil:
    return size(text) >= size(words) and memcmp(text.at, words.at, size(words)) == 0


cdef inline bint starts(Text text, const char *words) noexcept nogil:
    return begins(text, text_of(words))


cdef inline bint takes(Text *text, const char *words) noexcept nogil:
    """Pass over these words."""
    if not starts(text[0], words):
        return False
    text.at += size(text_of(words))
    return True


cdef inline bint takes_one(Text *text, char character) noexcept nogil:
    if text.at == text.end or text.at[0] != character:
        return False
    text.at += 1
    return True


cdef inline Text run(Text *text, int allowed) noexcept nogil:
    """Pass over the characters of a set, and give them."""
    cdef Text found
    found.at = text.at
    while text.at < text.end and SETS[<unsigned char>text.at[0]] & allowed:
        text.at += 1
    found.end = text.at
    return found


cdef inline Text run_without(Text *text, int banned) noexcept nogil:
    """Pass over the characters that are not of a set, and give them."""
    cdef Text found
    found.at = text.at
    while text.at < text.end and not SETS[<unsigned char>text.at[0]] & banned:
        text.at += 1
    found.end = text.at
    return found


cdef inline const char *place_of(Text text, const char *words) noexcept nogil:
    """Where these words begin; NULL where they are not. They are short, and so are lines: memmem(3) takes longer."""
    cdef Py_ssize_t length = size(text_of(words))
    while size(text) >= length:
        text.at = <const char *>memchr(text.at, words[0], size(text) - length + 1)
        if text.at == NULL or memcmp(text.at, words, length) == 0:
            return text.at
        text.at += 1
    return NULL


cdef inline bint has(Text text, char character) noexcept nogil:
    return memchr(text.at, character, size(text)) != NULL


cdef inline bint takes_until(Text *text, Text *found, const char *words) noexcept nogil:
    """Pass over what stands before these words, and give it, and over them."""
    cdef const char *there = place_of(text[0], words)
    if there == NULL:
        return False
    found.at, found.end = text.at, there
    text.at = there + size(text_of(words))
    return True


cdef inline bint takes_client(Text *text) noexcept nogil:
    """Pass over `mail.example.com[192.0.2.1]`; the name may be empty."""
    cdef Text whole = text[0]
    run_without(&whole, NO_CLIENT)
    if not takes_one(&whole, b"["):
        return False
    run_without(&whole, NO_CLIENT)
    if not takes_one(&whole, b"]"):
        return False
    text.at = whole.at
    return True


cdef inline bint micros_in(Text *text, long long *micros) noexcept nogil:
    """Pass over seconds such as `1.25`, which are given as microseconds.

    Six digits before the point and six behind it are exact, as they are in `record.micros`, and less than 10**12;
    Postfix gives up after five days.
    """
    cdef Text whole, rest, seconds = text[0]
    cdef long long value = 0
    cdef int places
    whole = run(&seconds, DIGIT)
    rest.at = rest.end = seconds.at
    if takes_one(&seconds, b"."):
        rest = run(&seconds, DIGIT)
    if not 0 < size(whole) < 7 or size(rest) > 6 or (seconds.at < seconds.end and seconds.at[0] == b"."):
        return False
    while whole.at < whole.end:
        value = value * 10 + (whole.at[0] - 48)
        whole.at += 1
    for places in range(6):
        value *= 10
        if rest.at < rest.end:
            value += rest.at[0] - 48
            rest.at += 1
    micros[0] = value
    text.at = seconds.at
    return True


cdef inline bint is_letter(char one) noexcept nogil:
    return b"a" <= one <= b"z" or b"A" <= one <= b"Z"


cdef inline bint is_digit(char one) noexcept nogil:
    return b"0" <= one <= b"9"


cdef inline bint is_word(char one) noexcept nogil:
    return is_letter(one) or is_digit(one) or one == b"_"


cdef inline bint takes_digits(Text *text, int many) noexcept nogil:
    while many:
        if text.at == text.end or not is_digit(text.at[0]):
            return False
        text.at += 1
        many -= 1
    return True


cdef inline bint takes_port(Text *text) noexcept nogil:
    """Pass over `:25`."""
    return takes_one(text, b":") and 0 < size(run(text, DIGIT)) < 6


cdef inline bint takes_address(Text *text, Text *address) noexcept nogil:
    """Pass over what stands before the next `>`, and over that."""
    address[0] = run_without(text, NO_PATH)
    return takes_one(text, b">")


cdef inline long long number_in(Text digits) noexcept nogil:
    """Of eighteen digits at most."""
    cdef long long value = 0
    while digits.at < digits.end:
        value = value * 10 + (digits.at[0] - 48)
        digits.at += 1
    return value


cdef inline bint is_plain(Text text) noexcept nogil:
    """Of printable ASCII."""
    while text.at < text.end:
        if <unsigned char>(<unsigned char>text.at[0] - 32) > 94:
            return False
        text.at += 1
    return True


cdef inline bint is_less(Text one, Text other) noexcept nogil:
    """In the order of str."""
    cdef int order = memcmp(one.at, other.at, min(size(one), size(other)))
    return order < 0 or (order == 0 and size(one) < size(other))


cdef inline bint is_upper(Text text) noexcept nogil:
    """As str.isupper."""
    cdef bint some = False
    while text.at < text.end:
        if b"a" <= text.at[0] <= b"z":
            return False
        some |= b"A" <= text.at[0] <= b"Z"
        text.at += 1
    return some


cdef inline str told(Text text):
    return PyUnicode_DecodeASCII(text.at, size(text), NULL)


cdef inline uint64_t hash_of(Text text) noexcept nogil:
    """For what is remembered within a limit: strangers may know it."""
    cdef uint64_t word, value = <uint64_t>size(text)
    while size(text) >= 8:
        memcpy(&word, text.at, 8)
        value = (value ^ word) * <uint64_t>0x9E3779B97F4A7C15
        value ^= value >> 29
        text.at += 8
    word = 0
    memcpy(&word, text.at, size(text))
    value = (value ^ word) * <uint64_t>0x9E3779B97F4A7C15
    return value ^ (value >> 29)
