"""Messages of RFC 5322: composed, filled from templates, signed. Pure: text and bytes in, bytes out."""
