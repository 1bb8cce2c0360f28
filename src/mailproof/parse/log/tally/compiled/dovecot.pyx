# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Dovecot's lines of every day, as `quick_dovecot`."""

from mailproof.parse.log.tally.compiled.forms cimport is_service, is_silent_dovecot, takes_level
from mailproof.parse.log.tally.compiled.kept cimport Kept, Program, add_one
from mailproof.parse.log.tally.compiled.scan cimport (
    COMMAND,
    DIGIT,
    NO_USER,
    NO_VALUE,
    Text,
    fill_sets,
    has,
    run,
    run_without,
    size,
    starts,
    takes,
    takes_one,
    takes_until,
)

fill_sets()


cdef bint dovecot(Kept kept, Program program, Text text) except -1:
    cdef Text service
    if is_silent_dovecot(text):
        return True
    if takes(&text, b"auth: "):
        return is_failed_lookup(&text) and kept.reason(b"a", "login", program.name, text)
    if not takes_until(&text, &service, b"-login: ") or not is_service(service):
        return False
    if takes(&text, b"Login: user=<") or takes(&text, b"Logged in: user=<"):
        return logged_in(kept, program, service, text)
    if takes(&text, b"Disconnected (auth failed, "):
        return failed(kept, program, service, text)
    return False


cdef bint logged_in(Kept kept, Program program, Text service, Text text) except -1:
    cdef Text method
    cdef bint with_tls
    cdef int number
    run_without(&text, NO_USER)
    if not takes(&text, b">, method="):
        return False
    method = run_without(&text, NO_VALUE)
    if (
        not size(method)
        or not takes(&text, b", rip=")
        or not size(run_without(&text, NO_VALUE))
        or not takes(&text, b", lip=")
        or not size(run_without(&text, NO_VALUE))
        or not takes(&text, b", mpid=")
        or not size(run(&text, DIGIT))
        or not takes(&text, b", ")
    ):
        return False
    with_tls = takes(&text, b"TLS, ")
    if not is_session(text):
        return False
    if with_tls:
        number = kept.login(b"+", program.ledger, service, method, "accepted")
    else:
        number = kept.login(b"-", program.ledger, service, method, "in-clear")
    if number < 0:
        return False
    kept.logins.row(number)[0] += 1
    return True


cdef bint failed(Kept kept, Program program, Text service, Text text) except -1:
    cdef Text method, client
    cdef int number
    if not size(run(&text, DIGIT)) or not takes(&text, b" attempts in "):
        return False
    if not size(run(&text, DIGIT)) or not takes(&text, b" secs): user=<"):
        return False
    run_without(&text, NO_USER)
    if not takes(&text, b">, method="):
        return False
    method = run(&text, COMMAND | DIGIT)
    if not size(method) or not takes(&text, b", rip="):
        return False
    client.at = text.at
    if not takes_level(&text):
        return False
    client.end = text.at
    if not takes(&text, b", lip=") or not takes_level(&text) or not takes(&text, b", "):
        return False
    takes(&text, b"TLS, ")
    if not is_session(text):
        return False
    number = kept.login(b"f", program.ledger, service, method, "failed")
    if number < 0:
        return False
    kept.logins.row(number)[0] += 1
    return add_one(kept.failed, client)


cdef bint is_session(Text text) noexcept:
    """The end of a line of Dovecot's: `session=<…>`."""
    if not takes(&text, b"session=<"):
        return False
    run_without(&text, NO_USER)
    return takes_one(&text, b">") and text.at == text.end


cdef bint is_failed_lookup(Text *text) noexcept:
    """`passwd-file(user,192.0.2.1): `, and what it did not find stands behind."""
    cdef Text found
    if not (
        takes(text, b"passwd-file(")
        or takes(text, b"pam(")
        or takes(text, b"sql(")
        or takes(text, b"ldap(")
        or takes(text, b"passwd(")
    ):
        return False
    if not takes_until(text, &found, b"): ") or has(found, b")"):
        return False
    return starts(text[0], b"unknown user") or starts(text[0], b"Password mismatch")
