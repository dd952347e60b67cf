"""What is said of a job."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CancelForm(forms.Form):
    """Why a job is cancelled."""

    reason = forms.CharField(
        label=pgettext_lazy("heading", "Reason"),
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("A reason is needed.")},
    )
