"""How staff sign in, and who gives whom which rights (docs/rollen.md).

middleware.py     everything below /admin/ asks for both factors, and ends when nobody works
second_factor.py  codes of an app and codes on paper
throttling.py     who tries passwords has to wait
kept.py           what was written when the session had ended
letters.py        what people are told about their account, and others about rights
views.py          signing in and *Meine Anmeldung*; admin.py: accounts, groups, locks
"""
