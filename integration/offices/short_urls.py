from django.urls import path

from portal.on_demand import Views

from .models import Office

views = Views("integration.offices.views")

urlpatterns = [
    path("koordinierungsstelle/", views.short, {"kind": Office.Kind.COORDINATION}, name="coordination_office"),
    path("integrationsbeauftragte/", views.short, {"kind": Office.Kind.OFFICER}, name="integration_officer"),
]
