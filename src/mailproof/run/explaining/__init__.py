"""What a pasted text means: offline, by the same tables as a check."""
