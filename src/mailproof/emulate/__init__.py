"""What a mail server would do with a message, computed from its configuration; nothing is run and nothing is sent."""
