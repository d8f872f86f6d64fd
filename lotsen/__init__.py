"""Integrationslotsinnen and Integrationslotsen: volunteers who accompany newcomers.

models/page.py       what the public page says, kinds of help, settings: nothing about persons
models/people.py     who volunteers, in which stage, with which languages; notes, consents, disclosures
models/training.py   what a volunteer has to have (Requirement) and has (Fulfilment); trainings and who came
models/requests.py   who asks for company (AssistanceRequest), who was invited and goes (Assignment)
models/statistics.py what is left when the persons are gone

answers.py           what both public forms say and check alike
notices.py           the privacy notices and consents as they were shown, kept word by word
mails.py             every mail a person gets, in her language; staff may word it themselves
confirmation.py      the link that proves a mail address (double opt-in)
statistics.py        what is counted, and kept when the persons go
suppression.py       which counts may be shown, so that nobody can be told from them
report.py            the yearly report: tables, charts, CSV
retention.py         how long what is kept, and what goes with a person
staff_urls.py        the staff's pages that belong to no model's list
sign_up/             the public page and the form that makes a volunteer
company/             requests for company: form, matching, invitation, answer, report
training/            requirements, trainings and who came, what runs out, certificates
office/              the coordinator's side (Django admin)
"""
