"""Pages of API lists: a cursor over ids, stable while rows are added."""

from rest_framework.pagination import CursorPagination


class CursorByIdPagination(CursorPagination):
    """Oldest first, by id; `page_size` up to 1000."""

    ordering = "id"
    page_size_query_param = "page_size"
    max_page_size = 1000
