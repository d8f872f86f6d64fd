"""Everything the portal knows, in one encrypted file, and back from it.

tables.py     rows of either database as lines of JSON, and how they go back
archive.py    the file: tables, uploads, and a list with the checksum of each
uploads.py    the uploads, in a folder or in a bucket
sealing.py    encryption, in the age format
making.py     `backup`: made beside, put in its place when it is whole; then the oldest go
restoring.py  `restore`: all of it or nothing

A feature names in its AppConfig what needs no backup, because it is made again or lasts for an hour only:

not_backed_up = ("search_searchentry", "booklets/")   # tables, and folders of uploads
"""
