"""Is TLS offered, granted and made, in versions that clients have?"""
