"""A mail server played to a milter: one message, or a script of what is said and what must be answered."""
