"""Links that lead to nothing.

uses.py      which links the contents have; kept in step on every save
dead.py      which of them lead to nothing now
checking.py  asks the addresses elsewhere, patiently: one bad answer is not a broken link
staff.py     the page where staff see and mend them
"""
