"""Records on paper: typesetting of PDF documents with the bundled fonts, the same bytes for the same content."""
