"""Every text that a user can meet, and nothing else, a module for each room.

Only the help on an option stands elsewhere: in its declaration, in `settings/options.py`.

A second language needs these modules once more, the same names with other words, put in the place
of these before the rooms are imported. Names in braces are filled in where a text is used.
"""
