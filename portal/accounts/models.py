from axes.models import AccessAttempt


class Lock(AccessAttempt):
    """Wrong passwords for one name from one network, as long as they count."""

    is_content = False

    class Meta:
        proxy = True
        app_label = "accounts"
        default_permissions = ("view", "delete")
        verbose_name = "Anmeldesperre"
        verbose_name_plural = "Anmeldesperren"

    def __str__(self):
        return self.username or "ohne Namen"
