"""Databases of Exchange: found, read in pieces, their logs in sets, put in a record."""
