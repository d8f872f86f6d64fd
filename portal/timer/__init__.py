"""The timer: what is to be done each minute and each day, one thing after the other, and by one process only.

jobs.py       which jobs there are; each feature names its own in its AppConfig
models.py     one row a job: when it last ran, and how that went
ticking.py    one pass over what is due
lock.py       one pass at a time, on however many machines
state.py      is all well? For the staff's pages and `manage.py status`
"""
