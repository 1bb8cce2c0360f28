"""Dovecot's configuration, of 2.3 and of 2.4, with file and line for every value."""
