from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path

from . import errors, gallery, views
from .media.views import picture
from .search.views import search
from .sitemaps import SITEMAPS

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("", views.choose_language),
    path("admin/dateien/<path:path>", views.uploaded),
    path("admin/lotsen/", include("lotsen.staff_urls")),
    path("admin/pflege/", include("portal.upkeep.staff_urls")),
    path("admin/handbuch/", include("portal.handbook")),
    path("admin/", include("portal.accounts.urls")),
    path("admin/", admin.site.urls),
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
