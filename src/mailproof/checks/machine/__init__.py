"""What the server's machine itself shows: who listens, what its packet filter keeps out."""
