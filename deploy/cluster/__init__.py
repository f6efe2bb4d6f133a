"""What a cluster needs before the chart is installed."""
