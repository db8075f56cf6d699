"""A model with the name of another one."""

from pydantic import BaseModel


class Item(BaseModel):
    """An item of the other module."""

    there: str
