from functools import cache

from django.conf import settings
from django.http import Http404, HttpResponseRedirect
from django.middleware.gzip import GZipMiddleware
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation.trans_real import parse_accept_lang_header
from whitenoise.middleware import WhiteNoiseMiddleware

from . import errors, languages, navigation
from .models import Page
from .page_cache.kept import kept

HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # These SecurityMiddleware sends too, but not with what it refuses itself.
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
}


def security_headers(get_response):
    def middleware(request):
        response = get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        if first_segment(request) == "admin":
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def static_files(get_response):
    """WhiteNoise. It looks through all files when the first is asked for, as that takes a while, and no page waits for it."""
    whitenoise = cache(lambda: WhiteNoiseMiddleware(get_response))

    def middleware(request):
        return (whitenoise() if request.path_info.startswith(settings.STATIC_URL) else get_response)(request)

    return middleware


def preferred_language(request, shown):
    header = parse_accept_lang_header(request.headers.get("accept-language", "")[:500].lower())
    return languages.best_match([code for code, quality in header if quality > 0], shown)


def first_segment(request):
    return request.path_info.removeprefix("/").partition("/")[0]


class CompressText(GZipMiddleware):
    """Pages and style sheets; uploads are streamed, and pictures and PDFs compressed already."""

    max_random_bytes = 0  # noise against BREACH: public pages hold no secret, and Django masks the forms' tokens

    def process_response(self, request, response):
        return response if response.streaming else super().process_response(request, response)


class LanguageMiddleware:
    """The reader's language: from the address, else from the browser.

    Django's LocaleMiddleware would also look for a cookie (and so vary on it), and knows no aliases.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.shell = SimpleLazyObject(lambda: kept(request, "shell", navigation.profile_and_sections))
        request.language_notes = set()  # filled by the template tags, read by the page's notice
        first = first_segment(request)
        by_address = first in languages.BY_CODE
        if by_address:
            language = first
        elif first == "admin":
            language = languages.SOURCE
        else:
            language = preferred_language(request, list(languages.BY_CODE))
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        if response.status_code == 404 and first != "admin":
            # Only now is the database asked which languages are shown; /healthz and files do without.
            shown = request.shell[0].shown_languages()
            language = first if first in shown else preferred_language(request, shown)
            if language != request.LANGUAGE_CODE:
                translation.activate(language)
                request.LANGUAGE_CODE = language
                response = errors.not_found(request, None)
            if not by_address:
                response = self._with_language(request) or response
        is_page = response.get("Content-Type", "").startswith("text/html")
        if response.status_code == 404 and is_page and settings.DEBUG and first != "admin":
            # Developers too should see the page that visitors get.
            response = errors.not_found(request, None)
        if not by_address and first not in {"admin", "static"}:
            patch_vary_headers(response, ["Accept-Language"])
        response.setdefault("Content-Language", translation.get_language())
        return response

    def _with_language(self, request):
        """Somebody typed an address as it was told on the phone: /stellen/ leads to /de/stellen/."""
        first, _, rest = request.path_info.lstrip("/").partition("/")
        alias = languages.ALIASES.get(first.lower())
        path = f"/{alias}/{rest}" if alias else f"/{request.LANGUAGE_CODE}{request.path_info}"
        path = path if path.endswith("/") or "." in path.rpartition("/")[2] else path + "/"
        with translation.override(alias or request.LANGUAGE_CODE):
            try:
                match = resolve(path)
            except Resolver404:
                return None
        if match.url_name == "page" and not Page.objects.published().filter(**match.kwargs).exists():
            return None
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(f"{path}?{query}" if query else path)

    def process_view(self, request, view, args, kwargs):
        """A language this installation does not show has no pages."""
        first = first_segment(request)
        if first in languages.BY_CODE and first not in request.shell[0].shown_languages():
            raise Http404("This language is not shown here")
