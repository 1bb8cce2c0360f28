"""What people paste when something went wrong: what it is, and the replies in it. Nothing here raises."""
