"""Routes of validation studies."""

from django.urls import path

from validation.views import studies as views

urlpatterns = [
    path("validation/", views.study_list, name="study-list"),
    path("validation/+new/", views.study_create, name="study-create"),
    path("validation/<str:code>/", views.study_detail, name="study-detail"),
    path("validation/<str:code>/edit/", views.study_update, name="study-update"),
    path("validation/<str:code>/criteria/+new/", views.criterion_create, name="criterion-create"),
    path("validation/<str:code>/criteria/<int:position>/remove/", views.criterion_delete, name="criterion-delete"),
    path("validation/<str:code>/lock/", views.study_lock, name="study-lock"),
    path("validation/<str:code>/evidence/+new/", views.evidence_create, name="evidence-create"),
    path("validation/<str:code>/evidence/<int:pk>/exclude/", views.evidence_delete, name="evidence-delete"),
    path("validation/<str:code>/submit/", views.study_submit, name="study-submit"),
    path("validation/<str:code>/approve/", views.study_approve, name="study-approve"),
    path("validation/<str:code>/reject/", views.study_reject, name="study-reject"),
    path("validation/<str:code>/reopen/", views.study_reopen, name="study-reopen"),
    path("validation/<str:code>/withdraw/", views.study_withdraw, name="study-withdraw"),
    path("validation/<str:code>/report/", views.report_create, name="report-create"),
]
