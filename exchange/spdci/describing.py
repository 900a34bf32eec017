"""The standard's messages in the OpenAPI document. FastAPI describes what it reads itself; these are read by us, since
their errors have the standard's shape and are told request by request."""

from typing import Any

from pydantic import BaseModel

from exchange.spdci.models import AnyHeader


def request_body(header: type[AnyHeader], message: type[BaseModel], action: str) -> dict[str, Any]:
    """What a path takes, as a part of its description."""
    of_header = _whole(header.model_json_schema())
    of_header["properties"]["action"] = {"type": "string", "enum": [action]}
    schema = {
        "type": "object", "required": ["header", "message"],
        "properties": {
            "signature": {"type": "string", "description": "ed25519, as docs/standard.md shows"},
            "header": of_header, "message": _whole(message.model_json_schema()),
        },
    }  # fmt: skip
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its parts in their places: `$defs` that it refers to would be looked for at the document's root."""
    parts = schema.pop("$defs", {})

    def placed(node: Any) -> Any:
        if isinstance(node, dict):
            if (name := node.get("$ref")) is not None:
                return placed(parts[name.rpartition("/")[2]])
            return {key: placed(value) for key, value in node.items()}
        return [placed(one) for one in node] if isinstance(node, list) else node

    found: dict[str, Any] = placed(schema)
    return found
