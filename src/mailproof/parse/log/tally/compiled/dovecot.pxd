from mailproof.parse.log.tally.compiled.kept cimport Kept, Program
from mailproof.parse.log.tally.compiled.scan cimport Text


cdef bint dovecot(Kept kept, Program program, Text text) except -1
