"""Recurrent networks that read whole series once and forecast at every step."""
