"""Postfix's decisions: which keys of which tables are asked in which order, and what follows from the answers."""
