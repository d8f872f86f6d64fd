import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

if settings.UNSAFE:
    raise ImproperlyConfigured("Das Portal startet so nicht:\n- " + "\n- ".join(settings.UNSAFE))

application = get_wsgi_application()
