"""The servers of the five articles: what their readers type, answered as there.

`town` says what there is, `lessons` what to type, `embedded` and `real` are the two ways to have it.
"""
