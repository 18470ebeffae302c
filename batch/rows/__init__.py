"""The rows of a campaign: manifest, parameters, prices, and their state in the database."""
