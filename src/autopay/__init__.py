"""Self-hosted autopay for healthcare billing."""
