"""SASL mechanisms (RFC 4422) in both roles: pure functions of credentials and of what was said so far.

No I/O, no clock, no randomness: nonces are given. One mechanism, one small file; `registry` knows them by name,
`exchange` is how a protocol drives them, `read` says what a token typed by hand holds.
"""
