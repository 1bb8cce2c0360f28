"""Exim's configuration: lines, macros, sections, lists, and what its expansions come to."""
