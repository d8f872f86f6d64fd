"""What the portal is compared with, as little as each can be.

`bare` answers with the bytes of the file BENCH_PAGE; `django` is a site of one file with what `startproject` puts into
every project: the same page behind Django's own cache middleware, and a form that saves one row.
"""

import os
from pathlib import Path

from . import database

PAGE = Path(os.environ["BENCH_PAGE"]).read_bytes()
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(PAGE)))]


def bare(environ, start_response):
    start_response("200 OK", HEADERS)
    return [PAGE]


def make_django():
    from django.conf import settings

    settings.configure(
        SECRET_KEY="nur fuer diese Probe",
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        DATABASES={"default": database.settings()},
        CACHES={"default": cache()},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
        ],
        MIDDLEWARE=[
            "django.middleware.cache.UpdateCacheMiddleware",
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "django.middleware.cache.FetchFromCacheMiddleware",
        ],
        ROOT_URLCONF="tests.bench.floor_urls",
        USE_TZ=True,
    )
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def cache() -> dict:
    if url := os.environ.get("BENCH_REDIS"):
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


def __getattr__(name):
    """Made when gunicorn asks for it: the bare function does without Django."""
    if name != "django":
        raise AttributeError(name)
    application = globals()["django"] = make_django()
    return application
