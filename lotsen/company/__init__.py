"""Requests for company, from the form to the report.

asking.py    who may ask and where to; a request and its mail
forms.py     the form of who asks, and the report of who went
matching.py  who could go, and why
steps.py     everything that happens to a request, each step with its letters
letters.py   what people are written about it
links.py     the signed addresses in the letters
views.py     public pages, most of them behind such an address
staff.py     the coordination's side
arrival.py   what follows when a request's mail address is confirmed
day.py       what is to be done every day
"""
