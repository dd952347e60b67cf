"""
Write the description of the REST interface to docs/openapi.json, committed so that a change of the interface is seen.

`python scripts/openapi.py` writes it; tests/lims/api/test_openapi.py fails when it is out of date. Anything that the
generator cannot describe for certain is an error.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "scripts.tool_settings"
    import django
    from django.core.management import call_command

    django.setup()
    target = ROOT / "docs" / "openapi.json"
    call_command("spectacular", format="openapi-json", file=str(target), validate=True, fail_on_warn=True)
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
