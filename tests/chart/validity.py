"""Whether objects are what Kubernetes and the operators that we use take; each fault is one sentence."""

import json
from pathlib import Path

import jsonschema
import kubernetes_validate

from tests.chart.helm import Object, name

KUBERNETES = "1.37"
OPERATORS = json.loads((Path(__file__).parent / "operators.schema.json").read_text())
"""What we use of the custom resources; strict, so that a misspelt field is a fault as it is in the cluster."""


def faults(objects: list[Object]) -> list[str]:
    """What the API server would refuse, or silently drop."""
    found = []
    for one in objects:
        try:
            if schema := OPERATORS.get(one["kind"]):
                jsonschema.validate(one, schema)
            else:
                kubernetes_validate.validate(one, KUBERNETES, strict=True)
        except (jsonschema.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            found.append(f"{name(one)}: {error.message}")
    return found
