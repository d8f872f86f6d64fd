import gc
import os
import re
import threading

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from .stack import roomy

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# What is loaded now stays. To look through it for garbage takes a tenth of the start, and later each time longer than a page.
gc.disable()

roomy(threading.Thread.run)  # every thread that answers is one

if settings.UNSAFE:
    raise ImproperlyConfigured("Das Portal startet so nicht:\n- " + "\n- ".join(settings.UNSAFE))

django = get_wsgi_application()


def application(environ, start_response):
    environ["CONTENT_TYPE"] = content_type(environ.get("CONTENT_TYPE", ""))
    return django(environ, start_response)


def content_type(sent: str) -> str:
    """Without a charset: addresses and forms are UTF-8, as our pages say.

    Python knows charsets in which half a sign can arrive, which no database keeps. It knows some that are not for text,
    too, and with them, as with other parameters it cannot read, Django fails before it could answer.
    """
    kind, _semicolon, parameters = sent.partition(";")
    boundary = re.search(r'\bboundary="?([^";]+)', parameters, re.I)
    return f'{kind}; boundary="{boundary[1]}"' if boundary else kind


if settings.PAGE_CACHE_BYTES:
    from portal.page_cache.wsgi import PageCache  # it needs what get_wsgi_application() has set up

    application = PageCache(application, settings.PAGE_CACHE_BYTES)

gc.freeze()
gc.enable()
