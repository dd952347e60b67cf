"""Who the caller is: what an instrument asks first, to learn whether its key works and what it may do."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lims.choices import KeyScope
from lims.models import MachineKey


class KeySerializer(serializers.Serializer[MachineKey]):
    """The key that the call was made with."""

    prefix = serializers.CharField()
    label = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=KeyScope))
    expires_at = serializers.DateTimeField()


class MeSerializer(serializers.Serializer[Any]):
    """The account, and the key where there is one."""

    username = serializers.CharField()
    printed_name = serializers.CharField()
    kind = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    key = KeySerializer(allow_null=True)


class MeView(APIView):
    """Everybody who is known may ask who they are, whatever their role."""

    permission_classes: ClassVar = [IsAuthenticated]

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        user = request.user
        facts = {
            "username": user.username,
            "printed_name": user.printed_name,
            "kind": user.kind,
            "roles": sorted(user.roles),
            "key": request.auth if isinstance(request.auth, MachineKey) else None,
        }
        return Response(MeSerializer(facts).data)
