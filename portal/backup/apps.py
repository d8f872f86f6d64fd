from django.apps import AppConfig


class BackupConfig(AppConfig):
    name = "portal.backup"
    label = "backup"
    verbose_name = "Sicherung"
    not_public = "all"
    each_day = ("daily_backup",)
    to_do = ("portal.backup.to_do.lines",)
    # Sessions end with a restore; how often somebody has tried passwords is forgotten within minutes anyway.
    not_backed_up = (
        "django_session",
        "axes_accessattempt",
        "axes_accessattemptexpiration",
        "axes_accessfailurelog",
        "axes_accesslog",
    )
