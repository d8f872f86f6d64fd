"""Nothing goes stale quietly.

to_do.py     the staff's start page: what waits for them, in order; each feature adds its own lines
contents.py  drafts, what is to be checked again, what ends soon: lines and filters of every content
site.py      the lines of the portal itself: mail, barriers, the accessibility statement
reminders.py mail to whoever is responsible for contents that are to be checked
links/       which links the contents have, and which of them lead to nothing
owners.py    which content a row belongs to
"""
