"""The vocabulary of the field: pure, no SQL, no clock."""
