"""Dialogues: a small language for what is said on the wire, and its players.

`format` reads it; `server` plays the server's side (in memory or on real sockets), `client` the client's side against
a live server, `replay` feeds it to the parsers of `wire`, `transcript` writes one from a recorded session.
"""
