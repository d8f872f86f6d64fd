"""Public pages are made once and then handed out as ready bytes, until something in them may have changed.

wsgi.py       the cache itself, around Django: who asks for a page that is still right does not even wake it
freshness.py  which version the contents have now, and until when what they say of the time is true
wal_index.py  has anything been committed to a SQLite database since?
kept.py       what is the same on every page, for the pages that are made
triggers.py   the database itself gives the contents a new version with every change, whoever makes it
"""
