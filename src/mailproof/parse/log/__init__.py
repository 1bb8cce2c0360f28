"""Mail logs: any bytes to lines with an envelope, and lines to typed facts. Pure; nothing here raises."""
