"""The pages: blueprints that are handed the flows, and what all of them share."""
