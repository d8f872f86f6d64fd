from contextlib import contextmanager
from functools import wraps
from threading import RLock, local

from django.apps import apps
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import TO_FIELD_VAR
from django.utils.module_loading import autodiscover_modules
from django.views.i18n import JavaScriptCatalog

from .upkeep.to_do import to_do


def field_has_a_name(view):
    """Django refuses a field by which nobody may look for a row, but takes one without a name, and breaks."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR)) == "":
            raise DisallowedModelAdminToField("A field without a name")
        return view(request, *args, **kwargs)

    return checked


class PortalAdminSite(AdminSite):
    """The staff's start page: what they edit first, accounts and mail last."""

    site_header = site_title = "Integrationsportal"
    index_title = "Start"

    def __init__(self, *args, **kwargs):
        self.loading = RLock()
        self.is_loaded = False
        self.mine = local()  # whether this thread is registering something
        super().__init__(*args, **kwargs)

    @property
    def _registry(self):
        """Which model has which pages, as AdminSite keeps it. Whoever asks first has all that apps register loaded."""
        if not getattr(self.mine, "registers", False):
            self.load()
        return self.registered

    @_registry.setter
    def _registry(self, value):
        self.registered = value

    def load(self):
        with self.loading:
            if not self.is_loaded:
                self.is_loaded = True  # what is being loaded may ask, too
                try:
                    autodiscover_modules("admin")
                except Exception:
                    self.is_loaded = False
                    raise

    @contextmanager
    def registering(self):
        """Meanwhile this thread waits for nothing: another one that loads everything may be waiting for its module."""
        self.mine.registers = True
        try:
            yield
        finally:
            self.mine.registers = False

    def register(self, *args, **kwargs):
        with self.registering():
            super().register(*args, **kwargs)

    def unregister(self, *args, **kwargs):
        with self.registering():
            super().unregister(*args, **kwargs)

    def has_permission(self, request):
        """The middleware keeps everybody out who has given a password only; this does so once more."""
        return super().has_permission(request) and request.user.is_verified()

    def each_context(self, request):
        context = super().each_context(request)
        # Who may not come in is shown no list of what is inside; and a script warns before the session ends.
        return context | {
            "is_nav_sidebar_enabled": context["has_permission"],
            "idle_seconds": settings.SESSION_IDLE_SECONDS,
        }

    def login(self, request, extra_context=None):
        from .accounts.throttling import few_at_once  # it needs this site

        return few_at_once(super().login)(request, extra_context)

    def admin_view(self, view, cacheable=False):
        """Who has given no more than his password yet may log out, too."""
        return view if view == self.logout else super().admin_view(field_has_a_name(view), cacheable)

    def get_app_list(self, request, app_label=None):
        order = [config.label for config in apps.get_app_configs()]
        last = {"versions", "auth", "accounts", "timer", "post_office"}
        found = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: (app["app_label"] in last, order.index(app["app_label"])))

    def recent_actions(self, request):
        """Each with the address at which one may see it, if there is one: who only translates may open no form."""
        for entry in LogEntry.objects.filter(user=request.user).select_related("content_type")[:10]:
            model = entry.content_type and entry.content_type.model_class()
            model_admin = self._registry.get(model)
            may = model_admin and model_admin.has_view_or_change_permission(request)
            yield entry, entry.get_admin_url() if may and not entry.is_deletion() else ""

    def index(self, request, extra_context=None):
        found = to_do(request.user)
        context = {
            "to_do": found,
            "anything_to_do": any(found.values()),
            "recent_actions": self.recent_actions(request),
            **(extra_context or {}),
        }
        return super().index(request, context)

    def i18n_javascript(self, request, extra_context=None):
        """Django's own words, and the editor's."""
        return JavaScriptCatalog.as_view(packages=["django.contrib.admin", "django_prose_editor"])(request)
