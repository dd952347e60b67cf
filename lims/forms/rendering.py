"""How every form field looks: one template for label, control, help and errors."""

from django.forms.renderers import TemplatesSetting


class FieldRenderer(TemplatesSetting):
    """Render fields with the project's template; widgets come from Django."""

    field_template_name = "_components/field.html"
