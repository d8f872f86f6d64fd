from django.urls import path

from portal.on_demand import Views

views = Views("integration.offices.views")

app_name = "offices"
urlpatterns = [
    path("", views.OfficeList.as_view(), name="list"),
    path("<slug:slug>/", views.OfficeDetail.as_view(), name="detail"),
    path("<slug:slug>/schaubild/<int:pk>/", views.diagram, name="diagram"),
]
