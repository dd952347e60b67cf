"""Routes of jobs."""

from django.urls import path

from lims.views import jobs as views

urlpatterns = [
    path("jobs/", views.job_list, name="job-list"),
    path("jobs/<uuid:public_id>/", views.job_detail, name="job-detail"),
    path("jobs/<uuid:public_id>/progress/", views.job_progress, name="job-progress"),
    path("jobs/<uuid:public_id>/cancel/", views.job_cancel, name="job-cancel"),
    path("jobs/<uuid:public_id>/retry/", views.job_retry, name="job-retry"),
]
