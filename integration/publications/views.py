from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe
from django.views.generic import ListView

from portal import files
from portal.views import ContentDetail, published_only, published_or_404

from .forms import PublicationFilter
from .models import Publication


class PublicationList(ListView):
    template_name = "publications/publication_list.html"
    paginate_by = 50

    def get_queryset(self):
        self.filter = PublicationFilter(self.request.GET)
        rows = Publication.objects.published().select_related("series").prefetch_related("files")
        return self.filter.apply(rows)

    def get_context_data(self, **kwargs):
        return super().get_context_data(filter=self.filter, **kwargs)


class PublicationDetail(ContentDetail):
    model = Publication

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("series")
            .prefetch_related(
                Prefetch("series__publications", Publication.objects.published()),
                published_only(Publication, "office"),
                "files",
                "topics",
            )
        )


@require_safe
def file(request, slug, language, ending):
    publication = published_or_404(Publication, slug)
    found = get_object_or_404(publication.files, language=language)
    if not found.file.name.endswith(f".{ending}"):
        return redirect(found)  # it has been replaced by one of another type
    return files.serve(request, found.file.name, download_name=f"{slug}-{language}.{ending}")
