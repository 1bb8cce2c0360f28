"""Does the server take mail from whom it should, for whom it should, and from nobody else?"""
