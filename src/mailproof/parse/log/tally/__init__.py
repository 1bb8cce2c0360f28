"""Counts of a mail log: lines to tables that can be added to those of another part. Pure; nothing raises."""
