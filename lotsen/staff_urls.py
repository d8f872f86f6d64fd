"""Pages of the staff that belong to no model's list. They stand before the admin's own addresses."""

from django.contrib import admin
from django.urls import path

from . import report
from .training import certificate

app_name = "lotsen_staff"
urlpatterns = [
    path("jahresbericht/<int:year>/", admin.site.admin_view(report.page), name="report"),
    path("jahresbericht/<int:year>/jahresbericht.csv", admin.site.admin_view(report.csv), name="report_csv"),
    path(
        "volunteer/<uuid:pk>/bescheinigung.pdf",
        admin.site.admin_view(certificate.certificate_view),
        name="certificate",
    ),
]
