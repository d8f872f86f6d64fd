from django.urls import path

from portal.on_demand import Views

answering = Views("integration.wegweiser.checks.answering")
views = Views("integration.wegweiser.views")

app_name = "wegweiser"
urlpatterns = [
    path("", views.service_list, name="list"),
    path("wegweiser.pdf", views.pdf, name="pdf"),
    path("pruefen/<str:token>/", answering.verify, name="verify"),
    path("<slug:slug>/", views.ServiceDetail.as_view(), name="detail"),
    path("<slug:slug>.vcf", views.vcf, name="vcf"),
    path("<slug:slug>.ics", views.ics, name="ics"),
    path("<slug:slug>/fehler-melden/", views.suggest, name="suggest"),
    path("<slug:slug>/fehler-melden/danke/", views.suggest_thanks, name="suggest_thanks"),
]
