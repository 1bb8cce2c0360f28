# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Dovecot's lines of every day, as `quick_dovecot`."""

from mailproof.parse.log.tally.compiled.forms cimport is_service, is_silent_dovecot, takes_level
from mailproof.parse.log.tally.compiled.kept cimport KEY, Kept, Program, add_one, joined
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
    told,
)


fill_sets()


cdef bint dovecot(Kept kept, Program program, Text text) except -1:
    cdef Text service
    if is_silent_dovecot(text):
        return True
    if takes(&text, b"auth: ", 6):
        return is_failed_lookup(&text) and kept.reason(b"a", "login", program.name, text)
    if not takes_until(&text, &service, b"-login: ", 8) or not is_service(service):
        return False
    if takes(&text, b"Login: user=<", 13) or takes(&text, b"Logged in: user=<", 17):
        return logged_in(kept, program, service, text)
    if takes(&text, b"Disconnected (auth failed, ", 27):
        return failed(kept, program, service, text)
    return False


cdef bint logged_in(Kept kept, Program program, Text service, Text text) except -1:
    cdef char room[KEY]
    cdef Text method, key
    cdef bint with_tls
    cdef int number
    run_without(&text, NO_USER)
    if not takes(&text, b">, method=", 10):
        return False
    method = run_without(&text, NO_VALUE)
    if (
        not size(method)
        or not takes(&text, b", rip=", 6)
        or not size(run_without(&text, NO_VALUE))
        or not takes(&text, b", lip=", 6)
        or not size(run_without(&text, NO_VALUE))
        or not takes(&text, b", mpid=", 7)
        or not size(run(&text, DIGIT))
        or not takes(&text, b", ", 2)
    ):
        return False
    with_tls = takes(&text, b"TLS, ", 5)
    if not is_session(text) or not joined(room, sizeof(room), &key, b"+" if with_tls else b"-", service, method):
        return False
    number = kept.logins.find(key)
    if number < 0:
        if kept.logins.full():
            return False
        outcome = "accepted" if with_tls else "in-clear"
        number = kept.learned(key, program.ledger, told(service), told(method), outcome)
    kept.logins.row(number)[0] += 1
    return True


cdef bint failed(Kept kept, Program program, Text service, Text text) except -1:
    cdef char room[KEY]
    cdef Text method, client, key
    cdef int number
    if not size(run(&text, DIGIT)) or not takes(&text, b" attempts in ", 13):
        return False
    if not size(run(&text, DIGIT)) or not takes(&text, b" secs): user=<", 14):
        return False
    run_without(&text, NO_USER)
    if not takes(&text, b">, method=", 10):
        return False
    method = run(&text, COMMAND | DIGIT)
    if not size(method) or not takes(&text, b", rip=", 6):
        return False
    client.at = text.at
    if not takes_level(&text):
        return False
    client.end = text.at
    if not takes(&text, b", lip=", 6) or not takes_level(&text) or not takes(&text, b", ", 2):
        return False
    takes(&text, b"TLS, ", 5)
    if not is_session(text) or not joined(room, sizeof(room), &key, b"!", service, method):
        return False
    number = kept.logins.find(key)
    if number < 0:
        if kept.logins.full():
            return False
        number = kept.learned(key, program.ledger, told(service), told(method), "failed")
    kept.logins.row(number)[0] += 1
    return add_one(kept.failed, told(client))


cdef bint is_session(Text text) noexcept:
    """The end of a line of Dovecot's: `session=<…>`."""
    if not takes(&text, b"session=<", 9):
        return False
    run_without(&text, NO_USER)
    return takes_one(&text, b">") and text.at == text.end


cdef bint is_failed_lookup(Text *text) noexcept:
    """`passwd-file(user,192.0.2.1): `, and what it did not find stands behind."""
    cdef Text found
    if not (
        takes(text, b"passwd-file(", 12) or takes(text, b"pam(", 4) or takes(text, b"sql(", 4)
        or takes(text, b"ldap(", 5) or takes(text, b"passwd(", 7)
    ):
        return False
    if not takes_until(text, &found, b"): ", 3) or has(found, b")"):
        return False
    return starts(text[0], b"unknown user", 12) or starts(text[0], b"Password mismatch", 17)
