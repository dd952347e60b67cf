"""Routes of files and their uploads."""

from django.urls import path

from lims.views import files as views
from lims.views import uploads

urlpatterns = [
    path("files/", views.file_list, name="file-list"),
    path("files/+new/", views.file_create, name="file-create"),
    path("files/uploads/", uploads.upload_create, name="upload-create"),
    path("files/uploads/<uuid:public_id>/", uploads.upload_detail, name="upload-detail"),
    path("files/<uuid:public_id>/", views.file_detail, name="file-detail"),
    path("files/<uuid:public_id>/download/", views.file_download, name="file-download"),
    path("files/<uuid:public_id>/verify/", views.file_verify, name="file-verify"),
]
