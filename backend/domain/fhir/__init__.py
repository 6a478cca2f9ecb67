"""FHIR R4: what is known here as resources for other systems, and what comes back from them."""
