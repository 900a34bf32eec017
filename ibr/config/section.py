"""What all parts of registry.yml are."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of the file: an unknown key is a mistake, not something to ignore."""

    model_config = ConfigDict(extra="forbid")
