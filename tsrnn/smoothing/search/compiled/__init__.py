"""The compiled search: many series and starts side by side."""
