"""Pictures of forecasts, by scikit-learn's convention for displays."""
