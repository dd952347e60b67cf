"""Routes of jobs."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
