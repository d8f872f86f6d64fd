from django.apps import AppConfig


class TopicsConfig(AppConfig):
    name = "integration.topics"
    label = "topics"
    verbose_name = "Themen"
