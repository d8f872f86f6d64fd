"""What was before, who did what, and nobody writes over anybody.

kinds.py      of what there are versions, and which rows belong together
snapshots.py  how something stands now, and how it stood
recording.py  notices what changes while staff work, and keeps a version of it
wording.py    the difference between two versions, in words
restoring.py  brings back what was
files.py      uploads stay as long as a version names them
approval.py   a second person reads before something becomes public
conflicts.py  two people, one form
editing.py    who has it open just now
audit.py      what is noted in the log; actors.py: by whom
staff.py      what every content's admin has of all this; admin.py: the log and what is to be read
"""
