from django.urls import path

from portal.on_demand import Views

from ..models import NoticeText

views = Views("lotsen.sign_up.views")

urlpatterns = [
    path("", views.PublicPage.as_view(), name="page"),
    path("mitmachen/", views.sign_up, name="sign_up"),
    path("mitmachen/danke/", views.thanks, name="thanks"),
    path("datenschutz/", views.notice, {"purpose": NoticeText.Purpose.SIGN_UP}, name="notice"),
    path("datenschutz/anfrage/", views.notice, {"purpose": NoticeText.Purpose.REQUEST}, name="request_notice"),
    path("bestaetigen/<str:token>/", views.confirm, name="confirm"),
    path("meine-angaben/<str:signed>/", views.own_page, name="own"),
]
