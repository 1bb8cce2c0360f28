"""Is a message accepted, kept, and found in the mailbox?"""
