"""A judgement as people and programs read it: one function per output. Words come from the catalogue."""
