"""What Exchange's database engine would do with the files that there are, and what that asks for."""
