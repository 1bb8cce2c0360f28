"""Causes and consequences: what the findings of a record amount to."""
