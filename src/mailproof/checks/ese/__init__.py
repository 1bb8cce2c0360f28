"""The files of an Exchange database."""
