"""Who is who: biller, payer (account or patient), billing contact, user, and who may do what."""
