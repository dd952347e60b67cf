"""The REST interface of the laboratory."""
