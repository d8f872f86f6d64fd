"""Pages of the staff that belong to no model's list. They stand before the admin's own addresses."""

from django.contrib import admin
from django.urls import path

from .links import staff

app_name = "upkeep_staff"
urlpatterns = [
    path("links/", admin.site.admin_view(staff.links), name="links"),
    path("links/<int:pk>/pruefen/", admin.site.admin_view(staff.check_again), name="check_again"),
    path("links/<int:pk>/nicht-melden/", admin.site.admin_view(staff.silence), name="silence"),
    path("links/<int:pk>/wieder-melden/", admin.site.admin_view(staff.report_again), name="report_again"),
]
