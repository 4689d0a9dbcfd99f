"""Other systems' files: FHIR and CSV."""
