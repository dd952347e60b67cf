"""The REST interface of validation."""
