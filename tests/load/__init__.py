"""The portal as it runs in production, under load: `make load`, and with small numbers in tests/test_load.py.

portal.py   the portal with its database in a folder of its own: several processes of gunicorn, killed where it is asked for
readers.py  people who read all the time, and notice what is wrong
trials.py   what is tried: edits meanwhile, killing one thing after another, five minutes at four fifths of what it can do
"""
