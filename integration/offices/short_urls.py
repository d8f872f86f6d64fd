from django.urls import path

from . import views
from .models import Office

urlpatterns = [
    path("koordinierungsstelle/", views.short, {"kind": Office.Kind.COORDINATION}, name="coordination_office"),
    path("integrationsbeauftragte/", views.short, {"kind": Office.Kind.OFFICER}, name="integration_officer"),
]
