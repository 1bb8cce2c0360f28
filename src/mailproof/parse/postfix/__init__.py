"""Postfix's main.cf, master.cf and lookup tables, read from their text, with file and line for every value."""
