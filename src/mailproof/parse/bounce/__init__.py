"""Reports that a message was not delivered: any bytes to typed facts, a file for each program. Nothing raises."""
