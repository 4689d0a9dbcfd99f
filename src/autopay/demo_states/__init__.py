"""The catalogue of states: one account per state, frozen so that no worker touches it, for pictures and for the proofs on the screens."""
