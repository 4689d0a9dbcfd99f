"""FHIR R4: Bundles and ndjson, streamed."""
