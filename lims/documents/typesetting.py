"""PDF from a Typst template and plain values: no network, no system fonts, no clock."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

FOLDER = Path(__file__).resolve().parent


def render_pdf(*, template: Path, values: dict[str, Any], created_at: datetime) -> bytes:
    """Return a PDF/A-2b whose bytes depend on the template, the values and `created_at` alone.

    Parameters
    ----------
    template : Path
        A `.typ` file; it reads `json(bytes(sys.inputs.values))` and may import `lims/documents/frame.typ`.
    values : dict
        Whatever JSON can hold.
    created_at : datetime
        The moment written into the PDF's own metadata.
    """
    return bytes(
        typst.compile(
            template,
            root=FOLDER.parent.parent,
            font_paths=[FOLDER / "fonts"],
            ignore_system_fonts=True,
            sys_inputs={"values": json.dumps(values, ensure_ascii=False)},
            pdf_standards=["a-2b"],
            timestamp=int(created_at.timestamp()),
        )
    )
