"""Counting in C, by Cython, for a part of what `tally` does: the same answers in a fifth of the time (make bench).

It is there where the package was built with a C compiler (hatch_build.py), and `tally` takes it then.
"""
