from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.blocks import CharBlock, RichTextBlock, StructBlock
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, Site
from wagtail.snippets.models import register_snippet


class SectionBlock(StructBlock):
    heading = CharBlock()
    text = RichTextBlock()

    class Meta:
        template = "wagtail_site/blocks/section.html"


class ContentPage(Page):
    lead = models.TextField(blank=True)
    body = RichTextField(blank=True)
    sections = StreamField([("section", SectionBlock())], blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body"), FieldPanel("sections")]
    template = "wagtail_site/content_page.html"

    def get_context(self, request, *args, **kwargs):
        home = Site.find_for_request(request).root_page
        return super().get_context(request, *args, **kwargs) | {
            "menu": home.get_children().live().in_menu(),
            "breadcrumb": self.get_ancestors().filter(depth__gt=1),
            "children": self.get_children().live(),
            "links": FooterLink.objects.select_related("page"),
        }


@register_snippet
class FooterLink(models.Model):
    title = models.CharField(max_length=100)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    order = models.PositiveIntegerField(default=0)

    panels = [FieldPanel("title"), FieldPanel("page"), FieldPanel("order")]

    class Meta:
        ordering = ["order"]

    def __str__(self):
        return self.title


@register_setting
class Contact(BaseSiteSetting):
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40)
    email = models.EmailField()
    address = models.TextField()
