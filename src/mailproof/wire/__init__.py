"""Bytes to events and back, for both roles, without I/O.

Every reader has the same shape: `receive(data)` returns the events that `data` completed, `end()` those that the end
of the connection makes of what is left, `pending` is what has become no event yet. The same bytes give the same
events however they are cut. Where an event may change how the next bytes are to be read (a server's readers),
`feed(data)` and then `next_event()` until it gives None; `receive` is both for streams without such changes.

A client's composers return `Outgoing`: bytes, and which of them are secret. A server's return bytes: it has none
of its own to send.
"""
