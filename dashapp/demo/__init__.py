"""A synthetic platform with known attacks."""
