"""Conversations: what is asked, in the order of the protocol. A probe awaits Net and Stream and nothing else, never
judges, and ends in an `Attempt` whatever the peer does.

`survey`, `look`, `clear`, `version`, `login`, `deliver` and `fetch` are the jobs; `smtp`, `pop3`, `imap` and `sieve`
know how each protocol says it; `conversation` is what they share.
"""
