"""The contract: routes with their schemas, one module per noun."""
