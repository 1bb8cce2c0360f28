"""The protocol between a mail server and a milter, version 6, both roles (libmilter: mfdef.h; Postfix: milter8.c)."""
