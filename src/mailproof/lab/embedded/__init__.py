"""A mail server in Python, to learn on and to break: it behaves as a well-configured Postfix and Dovecot do.

`server.EmbeddedLab` is the whole of it. Every session is a coroutine over `ServerStream`, so that real sockets serve
people and memory with virtual time serves tests. `behaviour` says how an endpoint behaves, and a fault is no more
than a change of that; `smtp`, `pop3` and `imap` know nothing of faults but their behaviour.
"""
