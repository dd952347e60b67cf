"""The one family of errors that kernels raise for bad input."""

from __future__ import annotations


class KernelError(Exception):
    """Input that cannot be computed on.

    Parameters
    ----------
    code : str
        Stable machine name, lower_snake_case; the web application translates by it.
    message : str
        One English sentence: what is wrong, where, and what to do.
    **where : str | int | float | None
        The values that the sentence names (file, record, contig, ...), for translation and for machines.
    """

    def __init__(self, code: str, message: str, **where: str | int | float | None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
