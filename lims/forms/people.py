"""What administrators enter of accounts, roles and keys."""

from __future__ import annotations

import ipaddress
from datetime import datetime, time, timedelta

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.choices import KeyScope, Role
from lims.models.person import username_validator

PERSONS_ROLES = [(role.value, role.label) for role in Role if role not in (Role.MACHINE, Role.SYSTEM)]


class ReasonForm(forms.Form):
    """Why an act is done that others may ask about."""

    reason = forms.CharField(
        label=pgettext_lazy("heading", "Reason"), max_length=500, widget=forms.Textarea({"rows": 2, "autofocus": True})
    )


class PersonForm(forms.Form):
    """A new account for a person."""

    username = forms.CharField(
        label=_("User name"), max_length=63, validators=[username_validator], help_text=_("It cannot be changed later.")
    )
    printed_name = forms.CharField(
        label=_("Printed name"), max_length=120, help_text=_("As it stands under signatures and on reports.")
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser asks")), *settings.LANGUAGES]
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"), required=False, choices=PERSONS_ROLES, widget=forms.CheckboxSelectMultiple
    )

    def clean_roles(self) -> list[Role]:
        return [Role(role) for role in self.cleaned_data["roles"]]


class MachineForm(forms.Form):
    """A new account for an instrument or a pipeline."""

    username = forms.CharField(label=_("User name"), max_length=63, validators=[username_validator])
    printed_name = forms.CharField(label=_("Name"), max_length=120)


class RoleForm(ReasonForm):
    """A role to give."""

    role = forms.ChoiceField(label=_("Role"), choices=PERSONS_ROLES)
    field_order = ("role", "reason")


class ExpiryForm(forms.Form):
    """Until when a key is valid: the end of that day in the laboratory."""

    expires_on = forms.DateField(label=_("Valid until"), widget=forms.DateInput({"type": "date"}))

    @staticmethod
    def in_a_year() -> str:
        return (timezone.localdate() + timedelta(days=365)).isoformat()

    def clean(self) -> None:
        super().clean()
        day = self.cleaned_data.pop("expires_on", None)
        if day is not None:
            self.cleaned_data["expires_at"] = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
            if self.cleaned_data["expires_at"] <= timezone.now():
                self.add_error("expires_on", _("Choose a later day."))


class KeyForm(ExpiryForm):
    """A new key of a machine account."""

    label = forms.CharField(label=_("Label"), max_length=120, help_text=_("Where the key will be kept."))
    scopes = forms.MultipleChoiceField(label=_("Scopes"), choices=KeyScope, widget=forms.CheckboxSelectMultiple)
    allowed_networks = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        help_text=_("One address or network on each line, such as 10.20.0.0/16 or 2001:db8::/32. Else from anywhere."),
        widget=forms.Textarea({"rows": 2}),
    )
    field_order = ("label", "scopes", "expires_on", "allowed_networks")

    def clean_scopes(self) -> list[KeyScope]:
        return [KeyScope(scope) for scope in self.cleaned_data["scopes"]]

    def clean_allowed_networks(self) -> list[str]:
        networks = self.cleaned_data["allowed_networks"].split()
        for network in networks:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise forms.ValidationError(
                    _("“%(network)s” is not an address or network."), params={"network": network}
                ) from None
        return networks


class RotationForm(ExpiryForm):
    """A successor, and how long the old key stays valid beside it."""

    overlap_hours = forms.IntegerField(
        label=_("Hours until the old key ends"), min_value=0, max_value=24 * 90, initial=24 * 7
    )
