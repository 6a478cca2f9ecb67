"""FHIR: what is asked by type, id, patient and date, found through the same gates as everything else."""
