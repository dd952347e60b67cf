"""Filters of the list pages; the API uses the same."""
