"""The FHIR door: R4, read-only, below /fhir; its contract is the CapabilityStatement."""
