"""POP3 (RFC 1939, RFC 2449, RFC 5034) between bytes and events."""
