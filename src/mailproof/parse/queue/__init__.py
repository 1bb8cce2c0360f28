"""What a server prints of its queue."""
