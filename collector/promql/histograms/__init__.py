"""What PromQL does with native histograms: arithmetic, reset detection, quantiles, trimming, printing."""
