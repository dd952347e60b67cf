"""Routes of the frame: Today, the search field, the choice of language."""

from django.urls import path

from lims.views import today

urlpatterns = [
    path("", today.today, name="today"),
    path("search/", today.search, name="search"),
    path("language/", today.language_update, name="language-update"),
]
