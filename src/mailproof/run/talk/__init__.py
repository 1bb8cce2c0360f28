"""A session by hand: the place, the line to it, what is typed and what is answered, and scripts of it."""
