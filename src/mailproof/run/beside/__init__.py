"""The server's log beside a run: where it stood, what it wrote meanwhile, and which connection each line is of."""
