"""The OpenAPI description and the page that shows it, for those who are logged in; all assets are bundled."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated


class SchemaView(SpectacularAPIView):
    """The description: YAML, or JSON on request."""

    permission_classes: ClassVar = [IsAuthenticated]
    renderer_classes: ClassVar = [OpenApiYamlRenderer, OpenApiJsonRenderer]


class DocsView(SpectacularSwaggerSplitView):
    """The page. Its start-up script has an address of its own, as the content security policy demands."""

    permission_classes: ClassVar = [IsAuthenticated]
    url_name = "api-schema"
    template_name = "lims/api_docs.html"
