"""What somebody has written is not lost when the session has ended meanwhile, or what it belongs to was deleted: it stays
in the page, to be sent again.
"""

import re

from django.contrib import admin
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

# The forms people write in, translations and mails to many among them, but for those with passwords.
FORMS = re.compile(r"admin:(?!auth_user_|password_)\w+_(add|change|edit|changelist)$")


def is_worth_it(request) -> bool:
    match = request.resolver_match
    return request.method == "POST" and bool(match and FORMS.match(match.view_name)) and is_from_here(request)


def is_from_here(request) -> bool:
    """Only what our own page has sent is offered again; somebody else's form must never become ours."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def page(request, gone=None):
    """`gone`: what was deleted meanwhile, by `who` and `when`; `recover` is where this reader gets it back, if she may."""
    written = [
        (name, value) for name in request.POST if name != "csrfmiddlewaretoken" for value in request.POST.getlist(name)
    ]
    context = {
        **admin.site.each_context(request),
        "title": "Noch nicht gesichert",
        "written": written,
        "files": [file.name for file in request.FILES.values()],
        "signed_in": request.user.is_authenticated and request.user.is_verified(),
        "gone": gone,
    }
    response = render(request, "accounts/kept.html", context, status=409 if gone else 403)
    add_never_cache_headers(response)
    return response
