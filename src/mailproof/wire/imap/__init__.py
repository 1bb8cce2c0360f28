"""IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051), both roles, no I/O.

`commands` and `responses` are the client's half, `session` the server's; both stand on `literals` and `tokens`.
"""
