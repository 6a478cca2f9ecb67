"""FHIR over HTTP: what leaves, to whom, and that it is what /api/v1 says."""
