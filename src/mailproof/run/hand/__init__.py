"""The commands by hand: logins one by one, a message sent, fetched, or both, and ports."""
