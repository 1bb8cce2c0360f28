# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""How mail comes in: smtpd, postscreen and postgrey, pickup; as `quick` and `quick_lines`."""

from libc.string cimport memchr

from mailproof.parse.log.tally.compiled.forms cimport is_silent_smtpd, takes_client_address
from mailproof.parse.log.tally.compiled.kept cimport Kept, Program, add_one
from mailproof.parse.log.tally.compiled.scan cimport (
    COMMAND,
    DIGIT,
    Text,
    fill_sets,
    has,
    is_upper,
    place_of,
    run,
    size,
    starts,
    takes,
    takes_address,
    takes_client,
    takes_port,
    takes_until,
    told,
)
from mailproof.parse.log.tally.compiled.tls cimport tls

fill_sets()


cdef bint smtpd(Kept kept, Program program, Text queue_id, Text text) except -1:
    cdef int number
    cdef Text client, method
    if not size(queue_id):
        if is_silent_smtpd(text):
            return True
        if starts(text, b"NOQUEUE: reject: "):
            return refused(kept, program, text)
        if starts(text, b"warning: "):
            return warned(kept, program, text)
        return tls(kept, program, kept.tls_in, "in", text)
    if not takes(&text, b"client=") or not size(text) or text.at[0] == b",":
        return False
    client = text
    if has(text, b","):
        if (
            not takes_until(&text, &client, b", sasl_method=")
            or not takes_until(&text, &method, b", sasl_username=")
            or has(client, b",")
            or not is_value(method)
            or has(text, b",")
        ):
            return False
        number = kept.login(b"u", program.ledger, program.told_service, method, "used")
        if number < 0:
            return False
        kept.logins.row(number)[0] += 1
        program.with_login += 1
    program.open_row()
    program.flight[told(queue_id)] = [told(client), 0, 0]
    program.received += 1
    return True


cdef bint postscreen(Kept kept, Program program, Text text) except -1:
    cdef str verdict
    if starts(text, b"NOQUEUE: reject: "):
        return refused(kept, program, text)
    if starts(text, b"DISCONNECT "):
        return True
    if takes(&text, b"CONNECT from ["):
        verdict = "CONNECT"
    elif takes(&text, b"PASS OLD ["):
        verdict = "PASS OLD"
    elif takes(&text, b"PASS NEW ["):
        verdict = "PASS NEW"
    else:
        return False
    if not takes_client_address(&text) or not takes_port(&text):
        return False
    kept.event(program, b"s", "postscreen", verdict)
    return True


cdef bint postgrey(Kept kept, Program program, Text text) except -1:
    cdef Text reason, name
    cdef str action
    if takes(&text, b"action=pass, reason="):
        action = "passed"
    elif takes(&text, b"action=greylist, reason="):
        action = "delayed"
    else:
        return False
    if not takes_until(&text, &reason, b", client_name=") or not takes_until(&text, &name, b", client_address="):
        return False
    if not is_value(reason) or not is_value(name):
        return False
    kept.event(program, b"g", "greylisting", action)
    return True


cdef bint is_value(Text text) noexcept:
    return size(text) > 0 and not has(text, b",") and not has(text, b"=")


cdef bint pickup(Program program, Text queue_id, Text text) except -1:
    """`uid=0 from=<root>`."""
    cdef Text sender
    if not size(queue_id):
        return False
    if not takes(&text, b"uid=") or not 0 < size(run(&text, DIGIT)) < 11 or not takes(&text, b" from=<"):
        return False
    if not takes_address(&text, &sender) or text.at != text.end:
        return False
    program.open_row()
    program.flight[told(queue_id)] = ["pickup", 0, 0]
    program.received += 1
    return True


cdef bint warned(Kept kept, Program program, Text text) except -1:
    """`warning: HOST[IP]: SASL LOGIN authentication failed: …`, and what is said of a client's name."""
    cdef Text warning, client, method
    cdef int number = -1
    text.at += 9
    warning = text
    if starts(text, b"hostname "):
        return kept.reason(b"w", "warning", "smtpd", warning)
    client = text
    if not takes_client(&text):
        return False
    client.end = text.at
    if not takes(&text, b": SASL "):
        return False
    method = run(&text, COMMAND | DIGIT)
    if not size(method) or not takes(&text, b" authentication failed: ") or has(text, b","):
        return False
    number = kept.login(b"f", program.ledger, program.told_service, method, "failed")
    if number < 0 or not kept.reason(b"w", "warning", "smtpd", warning):
        return False
    kept.logins.row(number)[0] += 1
    client.end -= 1
    client.at = <const char *>memchr(client.at, b"[", size(client)) + 1
    return add_one(kept.failed, client)


cdef bint refused(Kept kept, Program program, Text text) except -1:
    """`NOQUEUE: reject: RCPT from HOST[IP]: REPLY; from=<…> …`."""
    cdef Text stage, client, reply
    text.at += 17
    if (
        not takes_until(&text, &stage, b" from ")
        or not takes_until(&text, &client, b": ")
        or not takes_until(&text, &reply, b"; from=<")
        or place_of(client, b"; ") != NULL
        or not is_upper(stage)
        or not kept.reason(b"r", "reject", told(stage), reply)
    ):
        return False
    program.open_row()
    program.refused += 1
    add_one(kept.refused, client)
    if place_of(reply, b"reylist") != NULL:
        kept.event(program, b"g", "greylisting", "refused")
    return True
