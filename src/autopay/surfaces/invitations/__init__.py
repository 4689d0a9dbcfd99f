"""The single-use way in: an invited person chooses a password and is a member from then on."""
