"""All loops over time of smoothers: predictions, linear forms, slope and curvature."""
