"""The base class of every group of settings."""

import yaml
from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings. An unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def to_yaml(self) -> str:
        """Return the YAML text from which the same settings are read."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)
