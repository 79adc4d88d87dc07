"""The statement types by family, and the wire forms of their fields."""
