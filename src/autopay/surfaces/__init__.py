"""What people see: one folder per surface, thin views over the same verbs, and what they share in `shared/`."""
