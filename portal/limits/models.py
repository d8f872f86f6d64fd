from django.db import models


class Tally(models.Model):
    """How often something was done since the first time. Not who did it: see counting.origin()."""

    is_content = False

    key = models.CharField(max_length=100, primary_key=True)
    count = models.PositiveIntegerField()
    until = models.PositiveBigIntegerField("beginnt von vorn um", help_text="Sekunden seit 1970.")

    class Meta:
        default_permissions = ()
        verbose_name = "Zähler"
        verbose_name_plural = "Zähler"

    def __str__(self):
        return self.key
