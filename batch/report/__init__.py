"""What came of a campaign: state, page, table."""
