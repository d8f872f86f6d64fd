from django.conf.urls.i18n import i18n_patterns
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path
from django.urls.resolvers import RoutePattern, URLResolver

from . import errors, gallery, views
from .media.views import picture
from .search.views import search
from .sitemaps import SITEMAPS


class OnDemand(URLResolver):
    """Addresses that are loaded by the first who goes to one of them: who serves readers does not need the staff's.

    To find any address by its name, Django goes through all, but needs nothing of those that have a namespace.
    """

    def _populate(self):
        pass


def on_demand(route: str, module: str, namespace: str) -> OnDemand:
    return OnDemand(RoutePattern(route), module, app_name=namespace, namespace=namespace)


handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("", views.choose_language),
    path("admin/dateien/<path:path>", views.uploaded),
    path("admin/", include("portal.accounts.urls")),
    on_demand("admin/lotsen/", "lotsen.staff_urls", "lotsen_staff"),
    on_demand("admin/pflege/", "portal.upkeep.staff_urls", "upkeep_staff"),
    on_demand("admin/handbuch/", "portal.handbook", "handbook"),
    on_demand("admin/", "portal.admin_urls", "admin"),
    path("logo", views.logo, name="logo"),
    path("bilder/<slug:slug>-<int:width>.webp", picture, name="picture"),
    path("gestaltung.css", views.stylesheet, name="stylesheet"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", views.robots),
    path(".well-known/security.txt", views.security_txt),
    path("healthz", views.healthz),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("", include("integration.urls")),
        path("lotsen/", include("lotsen.urls")),
        path("bausteine/", gallery.components),
        path("impressum/", views.legal_notice, name="legal_notice"),
        path("datenschutz/", views.privacy, name="privacy"),
        path("barrierefreiheit/", views.accessibility, name="accessibility"),
        path("barriere-melden/", views.report_barrier, name="report_barrier"),
        re_path(
            r"^barriere-melden/danke/(?P<reference>B-\d{4}-[0-9A-F]{6})/$", views.report_thanks, name="report_thanks"
        ),
        path("suche/", search, name="search"),
        # Last: the editors' pages share the root with everything above.
        path("<slug:slug>/", views.PageDetail.as_view(), name="page"),
    ),
]
