"""Columns of the list pages; how they look is the table template's."""
