"""Dates, trust, name and strength of what the server shows."""
