"""What the programs of a Unix machine print about it."""
