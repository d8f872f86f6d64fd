import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

if settings.UNSAFE:
    raise ImproperlyConfigured("Das Portal startet so nicht:\n- " + "\n- ".join(settings.UNSAFE))

application = get_wsgi_application()  # before the next line: it needs what this sets up
if settings.PAGE_CACHE_BYTES:
    from portal.page_cache.wsgi import PageCache

    application = PageCache(application, settings.PAGE_CACHE_BYTES)
