"""Time stamps: grids of series and of panels, how they go on, the season that they tell of."""
