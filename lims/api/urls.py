"""Routes of the REST interface."""

from django.contrib.auth.decorators import login_required
from django.urls import path

from lims.api import files, jobs, uploads
from lims.api.docs import DocsView, SchemaView
from lims.api.me import MeView

urlpatterns = [
    path("files/", files.FileList.as_view(), name="api-file-list"),
    path("files/<uuid:public_id>/", files.FileDetail.as_view(), name="api-file-detail"),
    path("files/<uuid:public_id>/content/", files.FileContent.as_view(), name="api-file-content"),
    path("uploads/", uploads.UploadList.as_view(), name="api-upload-create"),
    path("uploads/<uuid:public_id>/", uploads.UploadDetail.as_view(), name="api-upload-detail"),
    path("jobs/", jobs.JobList.as_view(), name="api-job-list"),
    path("jobs/<uuid:public_id>/", jobs.JobDetail.as_view(), name="api-job-detail"),
    path("jobs/<uuid:public_id>/cancel/", jobs.JobCancel.as_view(), name="api-job-cancel"),
    path("me/", MeView.as_view(), name="api-me"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", login_required(DocsView.as_view()), name="api-docs"),
]
