"""Notifications: rules in the database, messages in an outbox, delivery by webhook, Slack and mail.

Jobs write their messages where they end (`lotus.db.outbox`); `occasions` looks for all others;
`delivery` sends what is due, again and again until it is taken.
"""
