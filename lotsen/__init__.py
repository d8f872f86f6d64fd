"""Integrationslotsinnen and Integrationslotsen: volunteers who accompany newcomers.

models/page.py       what the public page says, kinds of help, settings: nothing about persons
models/people.py     who volunteers, in which stage, with which languages; notes, consents, disclosures
models/training.py   what a volunteer has to have (Requirement) and has (Fulfilment); trainings and who came
models/requests.py   who asks for company (AssistanceRequest), who was invited and goes (Assignment)
models/statistics.py what is left when the persons are gone

notices.py           the privacy notices and consents as they were shown, kept word by word
mails.py             every mail a person gets, in her language; staff may word it themselves
confirmation.py      the link that proves a mail address (double opt-in)
retention.py         how long what is kept, and what goes with a person
sign_up/             the public page and the form that makes a volunteer
company/             requests for company: form, matching, invitation, answer, report
office/              the coordinator's side (Django admin)
"""
