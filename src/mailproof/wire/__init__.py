"""Bytes to events and back, for both roles, without I/O.

Every reader has the same shape: `receive(data)` returns the events that `data` completed, `end()` those that the end
of the connection makes of what is left, `pending` is what has become no event yet. The same bytes give the same
events however they are cut. Every composer returns `Outgoing`: bytes, and which of them are secret.
"""
