"""All below /admin/: only there the browser sends the session's cookie."""

from django.urls import include, path

from portal.on_demand import Views

views = Views("portal.accounts.views")

own = [
    path("", views.overview, name="overview"),
    path("bestaetigen/", views.verify, name="verify"),
    path("einrichten/", views.enrol, name="enrol"),
    path("ersatzcodes/", views.codes, name="codes"),
    path("noch-da/", views.still_here, name="still_here"),
    path("passkey/", views.PasskeyBegin.as_view(), name="passkey_begin"),
    path("passkey/pruefen/", views.PasskeyComplete.as_view(), name="passkey_complete"),
    path("passkey/neu/", views.add_passkey, name="add_passkey"),
    path("passkey/neu/beginnen/", views.RegisterBegin.as_view(), name="register_begin"),
    path("passkey/neu/speichern/", views.RegisterComplete.as_view(), name="register_complete"),
    path("passkey/<int:pk>/entfernen/", views.remove, name="remove"),
]

urlpatterns = [
    path("anmeldung/", include((own, "accounts"))),
    # Under the names by which Django's login page and views know them.
    path("passwort/vergessen/", views.ForgottenPassword.as_view(), name="admin_password_reset"),
    path("passwort/verschickt/", views.ForgottenPasswordSent.as_view(), name="password_reset_done"),
    path("passwort/neu/<uidb64>/<token>/", views.NewPassword.as_view(), name="password_reset_confirm"),
    path("passwort/gilt/", views.NewPasswordDone.as_view(), name="password_reset_complete"),
]
