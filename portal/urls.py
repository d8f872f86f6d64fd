from django.conf.urls.i18n import i18n_patterns
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path

from . import errors, views
from .on_demand import Views, addresses
from .sitemaps import SITEMAPS

gallery = Views("portal.gallery")
media = Views("portal.media.views")
search = Views("portal.search.views")

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("", views.choose_language),
    path("admin/dateien/<path:path>", views.uploaded),
    path("admin/", include("portal.accounts.urls")),
    addresses("admin/lotsen/", "lotsen.staff_urls", "lotsen_staff"),
    addresses("admin/pflege/", "portal.upkeep.staff_urls", "upkeep_staff"),
    addresses("admin/handbuch/", "portal.handbook", "handbook"),
    addresses("admin/", "portal.admin_urls", "admin"),
    path("logo", views.logo, name="logo"),
    path("bilder/<slug:slug>-<int:width>.webp", media.picture, name="picture"),
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
        path("suche/", search.search, name="search"),
        # Last: the editors' pages share the root with everything above.
        path("<slug:slug>/", views.PageDetail.as_view(), name="page"),
    ),
]
