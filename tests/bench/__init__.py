"""`make bench`: how fast the portal is, as ratios within one run; docs/benchmarks.md is written by it.

__main__.py   the run: SQLite, then PostgreSQL; prints what it does
servers.py    each contestant is one process of gunicorn on a core of its own
floor.py      what the portal is compared with: a bare function, a form of Django's, Django's cache
wagtail_site/ … and a page of the same weight, made with Wagtail
wrk.py        asks them in turn, from the other core
trial.py      what is measured of one database
inside.py     what is counted inside the portal: queries, lists, the PDF
directory.py  a directory of any size
sign_ups.py   forms that are filled in
weight.py     what a browser loads at the first visit
report.py     the goals, and the table

Nothing here is asserted by a test: machines differ.
"""
