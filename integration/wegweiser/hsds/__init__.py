"""The directory as open data: the API of the Human Services Data Specification (HSDS) 3.1, one root per language.

Every id is the same in all languages, texts are in the language of the address with German standing in. What is for
developers (errors, the OpenAPI document, the profile) is in English, as the standard itself is.
"""
