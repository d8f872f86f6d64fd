from django.views.generic import ListView

from portal.views import ContentDetail, published_only

from .models import Project


class ProjectList(ListView):
    template_name = "projects/project_list.html"
    paginate_by = 50

    def get_queryset(self):
        return Project.objects.published().defer("body").prefetch_related("topics")


class ProjectDetail(ContentDetail):
    model = Project

    def get_queryset(self):
        rows = super().get_queryset().select_related("picture")
        return rows.prefetch_related(published_only(Project, "office"), "topics", "partners")
