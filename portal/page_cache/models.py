from django.db import models


class ContentVersion(models.Model):
    """One row. Its token is another one after each change to what the public may see; drawn, not counted, so that a
    database that was restored never repeats one. Empty while the tables themselves are being changed.
    """

    token = models.CharField(max_length=36)

    class Meta:
        verbose_name = verbose_name_plural = "Stand der Inhalte"
