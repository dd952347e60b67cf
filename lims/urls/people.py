"""Routes of log-in, one's own account, accounts and keys."""

from django.urls import path

from lims.views import machine_keys, people, second_factor, session

urlpatterns = [
    path("log-in/", session.session_create, name="session-create"),
    path("log-in/code/", session.session_verify, name="session-verify"),
    path("log-out/", session.session_delete, name="session-delete"),
    path("account/", session.profile_detail, name="profile-detail"),
    path("account/password/", session.password_update, name="password-update"),
    path("account/second-factor/", second_factor.second_factor_detail, name="second-factor-detail"),
    path("account/second-factor/+new/", second_factor.second_factor_create, name="second-factor-create"),
    path("account/second-factor/confirm/", second_factor.second_factor_confirm, name="second-factor-confirm"),
    path("account/second-factor/remove/", second_factor.second_factor_delete, name="second-factor-delete"),
    path("account/recovery-codes/+new/", second_factor.recovery_codes_create, name="recovery-codes-create"),
    path("people/", people.person_list, name="person-list"),
    path("people/+new/", people.person_create, name="person-create"),
    path("people/+new-machine/", people.machine_create, name="machine-create"),
    path("people/<str:username>/", people.person_detail, name="person-detail"),
    path("people/<str:username>/deactivate/", people.person_deactivate, name="person-deactivate"),
    path("people/<str:username>/activate/", people.person_activate, name="person-activate"),
    path("people/<str:username>/roles/+new/", people.role_create, name="role-create"),
    path("people/<str:username>/roles/<str:role>/remove/", people.role_delete, name="role-delete"),
    path("people/<str:username>/password/", people.password_reset, name="password-reset"),
    path("people/<str:username>/second-factor/remove/", people.second_factor_reset, name="second-factor-reset"),
    path("people/<str:username>/keys/+new/", machine_keys.machine_key_create, name="machine-key-create"),
    path("people/<str:username>/keys/<str:prefix>/rotate/", machine_keys.machine_key_rotate, name="machine-key-rotate"),
    path("people/<str:username>/keys/<str:prefix>/revoke/", machine_keys.machine_key_revoke, name="machine-key-revoke"),
]
