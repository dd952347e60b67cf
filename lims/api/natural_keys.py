"""Records under natural keys: the same call as often as one likes, one record; other values never overwrite it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Model
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lims.choices import KeyScope
from lims.exceptions import Differs, InvalidInput, NotFound
from lims.models import User
from lims.permissions import Permission


class StrictSerializer(serializers.ModelSerializer[Any]):
    """Refuses fields that it does not know: a misspelt name must not be lost in silence. Read-only ones are ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in sorted(unknown)})
        return super().to_internal_value(data)


class NaturalKeyView(APIView):
    """One record by the codes in its address: read it, or make sure that it is there."""

    read_permission = Permission.LAB_READ
    write_permission = Permission.MATERIAL_WRITE
    write_scope = KeyScope.RUNS_WRITE
    serializer_class: ClassVar[type[StrictSerializer]]

    def find(self, user: User, **key: str) -> Model:
        """Return the record, or raise NotFound."""
        raise NotImplementedError

    def register(self, by: User, values: dict[str, Any], **key: str) -> Model:
        """Make the record through its action."""
        raise NotImplementedError

    def get(self, request: Request, **key: str) -> Response:
        return Response(self.serializer_class(self.find(request.user, **key)).data)

    def put(self, request: Request, **key: str) -> Response:
        given = self.serializer_class(data=request.data)
        given.is_valid(raise_exception=True)
        code = status.HTTP_200_OK
        try:
            row = self.find(request.user, **key)
        except NotFound:
            row, code = self._register(request.user, given.validated_data, key)
        shown = self.serializer_class(self.find(request.user, **key)).data
        if code == status.HTTP_200_OK:
            _check_is_same(str(row), shown, {name: given.data[name] for name in request.data if name in given.data})
        return Response(shown, status=code)

    def _register(self, by: User, values: dict[str, Any], key: dict[str, str]) -> tuple[Model, int]:
        try:
            return self.register(by, values, **key), status.HTTP_201_CREATED
        except InvalidInput:
            try:  # the same call may have come in twice at once
                return self.find(by, **key), status.HTTP_200_OK
            except NotFound:
                pass
            raise


def described(view: type[NaturalKeyView]) -> type[NaturalKeyView]:
    """Describe reading and making sure for OpenAPI."""
    serializer = view.serializer_class
    described_view: type[NaturalKeyView] = extend_schema_view(
        get=extend_schema(responses=serializer),
        put=extend_schema(
            request=serializer,
            responses={200: serializer, 201: serializer},
            description=(
                "Registers the record. The same call again answers 200 and changes nothing; a call with other values "
                "answers 409 and names each field that differs. Only the fields that are sent are compared."
            ),
        ),
    )(view)
    return described_view


def _check_is_same(name: str, stored: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    differing = {
        field: format_lazy(_("It is “{stored}”; the call says “{said}”."), stored=str(stored[field]), said=str(value))
        for field, value in said.items()
        if stored[field] != value
    }
    if differing:
        raise Differs(
            format_lazy(
                _("{name} is registered with other values ({fields}). Nothing was changed."),
                name=name,
                fields=", ".join(differing),
            ),
            fields=differing,
        )
