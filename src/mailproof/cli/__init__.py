"""The commands, one file each: `command(terminal)` in `cli/NAME.py` makes it. Nothing imports this room.

Only the file of the command that was asked for is imported, and click only with it.
"""
