"""The wishes: one function per act; the caller owns the transaction."""
