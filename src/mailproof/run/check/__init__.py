"""A check: its plan, carried out, with what the server itself can tell of it."""
