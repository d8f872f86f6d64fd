"""A small site as one makes it with Wagtail: a tree of pages with rich text and sections, a menu from the tree, a footer
from settings and snippets. In production mode, templates cached, connections kept; nothing is done to slow it down.

Its migrations are made in BENCH_FOLDER when it is set up, and thrown away with it.
"""
