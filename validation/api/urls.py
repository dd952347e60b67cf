"""Routes of the REST interface."""

from django.urls import path

from validation.api import studies

urlpatterns = [
    path("studies/", studies.StudyList.as_view(), name="api-study-list"),
    path("studies/<str:code>/", studies.StudyDetail.as_view(), name="api-study-detail"),
]
