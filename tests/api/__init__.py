"""The contract, spoken through the test client."""
