"""The words: a page per finding in English and Japanese, interface strings, profiles of severities.

Nothing here judges and nothing here prints. Other rooms know names; this one knows what they are called.
"""
