"""People and machines that act, their roles and the machines' keys."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.choices import AccountKind, KeyScope, Role
from lims.permissions import ROLE_PERMISSIONS, Permission

# In whose name the worker and the scheduler act.
SYSTEM_USERNAME = "exomark-system"

username_validator = RegexValidator(
    r"^[a-z0-9][a-z0-9._-]{1,62}$", _("Use 2 to 63 lower-case letters, digits, dots, hyphens or underscores.")
)


class User(AbstractBaseUser):
    """A person, or a machine account, that acts in the laboratory. Never deleted: deactivated."""

    username = models.CharField(_("user name"), max_length=63, unique=True, validators=[username_validator])
    printed_name = models.CharField(_("printed name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=AccountKind, default=AccountKind.PERSON)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=settings.LANGUAGES)
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["printed_name"]
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.printed_name

    def get_full_name(self) -> str:
        return self.printed_name

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held now; read once per loaded row."""
        if not hasattr(self, "_roles"):
            held = self.role_assignments.filter(revoked_at=None).values_list("role", flat=True)
            self._roles = frozenset(Role(role) for role in held)
        return self._roles

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the account's roles allow; nothing when it is inactive."""
        if not self.is_active:
            return frozenset()
        return frozenset().union(*(ROLE_PERMISSIONS[role] for role in self.roles))


class RoleAssignment(models.Model):
    """A role given to an account, by whom and when; taking it away is recorded, not deleted."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_assignments", verbose_name=_("account"))
    role = models.CharField(_("role"), max_length=24, choices=Role)
    granted_at = models.DateTimeField(_("granted at"), default=timezone.now, editable=False)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, verbose_name=_("granted by"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, verbose_name=_("revoked by"))

    class Meta:
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        ordering = ["user", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(revoked_at=None), name="%(app_label)s_%(class)s_held_once"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="%(app_label)s_%(class)s_revoked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.username}: {self.role}"


class MachineKey(models.Model):
    """A machine account's key: shown once, stored as a hash, scoped, expiring, rotatable with overlap."""

    user = models.ForeignKey(User, models.PROTECT, related_name="machine_keys", verbose_name=_("machine account"))
    label = models.CharField(_("label"), max_length=120)
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    allowed_networks = models.JSONField(_("allowed addresses"), default=list, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("created by"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, verbose_name=_("revoked by"))
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, verbose_name=_("replaces")
    )
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)
    last_used_address = models.GenericIPAddressField(_("last used from"), null=True, editable=False)

    class Meta:
        verbose_name = _("machine key")
        verbose_name_plural = _("machine keys")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")),
                name="%(app_label)s_%(class)s_expires_after_creation",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="%(app_label)s_%(class)s_revoked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.label})"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now() and self.user.is_active

    def has_scope(self, scope: KeyScope) -> bool:
        return scope in self.scopes
