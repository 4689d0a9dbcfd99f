"""Mails to those who pay: an outbox that follows the sealed journal."""
