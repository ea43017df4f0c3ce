# Forecasts by forecast::thetaf, for make_theta.py: Rscript theta.R series.json thetaf.json HORIZON
suppressMessages({library(forecast); library(jsonlite)})
arguments <- commandArgs(trailingOnly = TRUE)
series <- fromJSON(arguments[1])
found <- lapply(series, function(one) {
  fit <- thetaf(ts(one$y, frequency = one$m), h = as.integer(arguments[3]), level = 95)
  list(forecast = as.numeric(fit$mean), lower = as.numeric(fit$lower),
       upper = as.numeric(fit$upper), alpha = as.numeric(fit$model$alpha))
})
write(toJSON(found, digits = 15, auto_unbox = TRUE), arguments[2])
