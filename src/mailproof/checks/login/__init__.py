"""Is a login offered where one is expected, protected, and accepted?"""
