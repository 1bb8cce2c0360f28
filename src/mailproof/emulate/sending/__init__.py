"""What DNS has of who sends a message: SPF, DMARC, the name of the address, the keys of signatures."""
