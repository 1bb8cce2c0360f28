from mailproof.parse.log.tally.compiled.kept cimport Kept, Program
from mailproof.parse.log.tally.compiled.known cimport Known
from mailproof.parse.log.tally.compiled.scan cimport Text


cdef bint tls(Kept kept, Program program, Known known, str direction, Text text) except -1
