from django.urls import path

from portal.on_demand import Views

views = Views("lotsen.company.views")

urlpatterns = [
    path("begleitung/", views.ask, name="ask"),
    path("begleitung/danke/", views.asked, name="asked"),
    path("einladung/<str:token>/", views.invitation, name="invitation"),
    path("anfrage/<str:token>/", views.my_request, name="request"),
]
