"""Text and bytes to facts; no I/O."""
