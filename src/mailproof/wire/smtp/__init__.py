"""SMTP and LMTP (RFC 5321, RFC 2033) between bytes and events."""
