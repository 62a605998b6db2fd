"""The pages: blueprints that are handed the flows, in rooms; and what all of them share."""
