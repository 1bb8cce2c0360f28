"""Regular expressions as the libraries of other programs read them: POSIX as glibc has it, and PCRE."""
