"""How each protocol goes from clear text to TLS: what is said before the handshake, a file for each, no I/O.

A course is a generator: it yields bytes to send (b"" for none), is sent what came, and returns an `Outcome`.
"""
