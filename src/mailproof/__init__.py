"""mailproof proves that a mail server works, end to end, and names the cause when it does not."""

__version__ = "0.1.0"
