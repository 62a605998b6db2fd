"""What customers are worth: RFM, shares of revenue, and the value still to be expected."""
