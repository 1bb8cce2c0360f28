"""A private Postfix and Dovecot on free loopback ports below a temporary directory, taken down without a trace.

Import `RealLab` from `mailproof.lab.real.server`.
"""
