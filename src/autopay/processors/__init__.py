"""Payment processors: the protocol, the registry, the webhook inbox, one folder per adapter."""
