"""Can the mailbox be opened by who has logged in?"""
