"""Is the service there, and does it speak its protocol in time?"""
