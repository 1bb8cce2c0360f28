"""ManageSieve (RFC 5804) between bytes and events; its strings and literals are those of IMAP, read by its tokens."""
