"""What is too much: too often, too large, too long, or nothing that is done here.

counting.py    how often somebody may do something, counted in the database
middleware.py  what is refused before anything of it is read
"""
