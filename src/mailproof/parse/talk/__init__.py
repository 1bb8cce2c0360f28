"""A session by hand, read: what the server's lines are, what was typed, and what there is to say about either."""
