"""What lines of a mail log look like, as `forms` has it in patterns: stamps, heads, queue ids, lines of no count."""

from mailproof.parse.log.tally.compiled.scan cimport (
    BASE52,
    COMMAND,
    DIGIT,
    HEX,
    LOWER,
    NAME,
    NO_CLIENT,
    NO_HOST,
    NO_PATH,
    SETS,
    Text,
    begins,
    has,
    is_digit,
    is_letter,
    run,
    run_without,
    size,
    starts,
    takes,
    takes_client,
    takes_digits,
    takes_one,
    takes_until,
)


cdef enum Kind:
    # Only by its handler.
    HANDLED
    # Of no mail server.
    OTHER
    SMTPD
    QMGR
    CLEANUP
    PICKUP
    DELIVERY
    POSTSCREEN
    POSTGREY
    BOUNCE
    ANVIL
    OPENDKIM
    DOVECOT


cdef inline bint takes_stamp(Text *text, Text *clock, Text hour, Text *zone) noexcept nogil:
    """Pass over `Nov 20 10:20:30 `, where that is the hour and, of RFC 3339, this the zone if one is asked for."""
    cdef Text part
    if not begins(text[0], hour):
        return False
    text.at += size(hour)
    clock.at = text.at
    if not (takes_one(text, b":") and takes_digits(text, 2) and takes_one(text, b":") and takes_digits(text, 2)):
        return False
    if is_digit(hour.at[0]):
        if takes_one(text, b"."):
            part = run(text, DIGIT)
            if not 0 < size(part) < 10:
                return False
        part.at = text.at
        if not takes_one(text, b"Z") and (takes_one(text, b"+") or takes_one(text, b"-")):
            if not (takes_digits(text, 2) and takes_one(text, b":") and takes_digits(text, 2)):
                return False
        part.end = text.at
        if zone != NULL and not (size(part) == size(zone[0]) and begins(part, zone[0])):
            return False
    clock.end = text.at
    return takes_one(text, b" ")


cdef inline bint takes_head(Text *line, Text *head) noexcept nogil:
    """Pass over `mx postfix/smtpd[1]: `; its head is what stands before the number of the process."""
    cdef char first
    if line.at == line.end:
        return False
    # Not what the reader of lines takes for a zone.
    first = line.at[0]
    if first == b"+" or first == b"-":
        return False
    head.at = line.at
    if not size(run_without(line, NO_HOST)) or not takes_one(line, b" "):
        return False
    if line.at == line.end or not (is_letter(line.at[0]) or line.at[0] == b"_"):
        return False
    run(line, NAME)
    head.end = line.at
    if takes_one(line, b"[") and not (size(run(line, DIGIT)) and takes_one(line, b"]")):
        return False
    return takes(line, b": ")


cdef inline void take_queue_id(Text *text, Text *queue_id) noexcept nogil:
    """Pass over a queue id, short or long; it is empty where there is none."""
    cdef int common = HEX | BASE52
    cdef Text found = text[0]
    cdef Py_ssize_t length
    queue_id.at = queue_id.end = text.at
    while found.at < found.end and common & SETS[<unsigned char>found.at[0]]:
        common &= SETS[<unsigned char>found.at[0]]
        found.at += 1
    length = found.at - text.at
    if not (common & HEX and 6 <= length <= 24) and not (common & BASE52 and 10 <= length <= 20):
        return
    if not takes(&found, b": "):
        return
    queue_id.end = queue_id.at + length
    text.at = found.at


cdef inline bint takes_client_address(Text *text) noexcept nogil:
    """Pass over `192.0.2.1]`."""
    run_without(text, NO_CLIENT)
    return takes_one(text, b"]")


cdef inline bint takes_level(Text *text) noexcept nogil:
    """Pass over `2.0.0`."""
    cdef const char *begin = text.at
    while text.at < text.end and (is_digit(text.at[0]) or text.at[0] == b"."):
        text.at += 1
    return text.at > begin


cdef inline bint may_be_stamped(Text text) noexcept nogil:
    """Whether it begins as `Nov 20 10:00:00` does."""
    cdef Py_ssize_t letters = 0
    while text.at < text.end and is_letter(text.at[0]):
        text.at += 1
        letters += 1
    if not 3 <= letters <= 5:
        return False
    takes_one(&text, b".")
    return takes_one(&text, b" ") and text.at < text.end and (text.at[0] == b" " or is_digit(text.at[0]))


cdef inline bint is_service(Text name) noexcept nogil:
    return (
        (size(name) == 4 and starts(name, b"imap"))
        or (size(name) == 4 and starts(name, b"pop3"))
        or (size(name) == 11 and starts(name, b"managesieve"))
        or (size(name) == 10 and starts(name, b"submission"))
    )


# Lines that change no count.


cdef inline bint is_silent_smtpd(Text text) noexcept nogil:
    if takes(&text, b"connect from "):
        return True
    if takes(&text, b"disconnect from "):
        return takes_client(&text)
    if not takes(&text, b"lost connection after ") and not takes(&text, b"timeout after "):
        return False
    if not size(run(&text, COMMAND)):
        return False
    if takes(&text, b" (") and not (0 < size(run(&text, DIGIT)) < 19 and takes(&text, b" bytes)")):
        return False
    return takes(&text, b" from ") and takes_client(&text)


cdef inline bint is_silent_dovecot(Text text) noexcept nogil:
    if not (takes(&text, b"imap(") or takes(&text, b"lmtp(") or takes(&text, b"pop3(") or takes(&text, b"lda(")):
        return False
    while text.at < text.end and text.at[0] != b")":
        if text.at[0] == b"(":
            return False
        text.at += 1
    if not takes_one(&text, b")"):
        return False
    while takes_one(&text, b"<"):
        run_without(&text, NO_PATH)
        if not takes_one(&text, b">"):
            return False
    if not takes(&text, b": "):
        return False
    if takes(&text, b"msgid=<"):
        run_without(&text, NO_PATH)
        return takes(&text, b">: saved mail to ") and text.at < text.end and is_letter(text.at[0])
    return (
        starts(text, b"Disconnect from ")
        or starts(text, b"Disconnected")
        or starts(text, b"Connect from ")
        or starts(text, b"Logged out")
    )


cdef inline bint is_signature(Text text) noexcept nogil:
    """`mail, d=example.com)`."""
    cdef Text selector, domain
    return (
        takes_until(&text, &selector, b", d=")
        and not (has(selector, b",") or has(selector, b"(") or has(selector, b")"))
        and takes_until(&text, &domain, b")")
        and not (has(domain, b",") or has(domain, b"("))
    )


cdef inline bint is_silent_anvil(Text text) noexcept nogil:
    """`statistics: max connection rate 2/60s for (smtp:192.0.2.1) at Nov 20 10:00:00`."""
    cdef Text what
    if not takes(&text, b"statistics: max "):
        return False
    what = run(&text, LOWER)
    if size(what) < 2 or (what.end - 1)[0] != b" " or not size(run(&text, DIGIT)):
        return False
    if takes_one(&text, b"/"):
        if not size(run(&text, DIGIT)):
            return False
        if text.at < text.end and b"a" <= text.at[0] <= b"z":
            text.at += 1
    if takes(&text, b" for (") and not takes_until(&text, &what, b")"):
        return False
    return starts(text, b" at ")


cdef inline bint is_silent(Kind kind, bint with_queue_id, Text text) noexcept nogil:
    """Of other programs."""
    if kind == CLEANUP:
        return with_queue_id and starts(text, b"message-id=")
    if kind == ANVIL:
        return not with_queue_id and is_silent_anvil(text)
    if kind == BOUNCE:
        if not with_queue_id or not takes(&text, b"sender "):
            return False
        if not (takes(&text, b"non-delivery ") or takes(&text, b"delivery status ") or takes(&text, b"delay ")):
            return False
        return takes(&text, b"notification: ") and size(run(&text, HEX | BASE52)) > 5
    if kind == OPENDKIM and with_queue_id:
        if starts(text, b"DKIM verification successful"):
            return True
        if not takes(&text, b"DKIM-Signature "):
            return False
        return (takes(&text, b"field added (s=") or takes(&text, b"header added (s=")) and is_signature(text)
    return False
