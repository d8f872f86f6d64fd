"""Which translation can be trusted, and how staff and translators keep it so (docs/handbuch/uebersetzung-beauftragen.md).

parts.py     which texts belong to which content
states.py    missing, outdated, by machine or current: from digests of the texts
"""
