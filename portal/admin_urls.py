"""The lists and forms of all models."""

from django.contrib import admin

urlpatterns, app_name, _namespace = admin.site.urls
