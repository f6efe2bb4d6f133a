"""What writes and reads the chart."""
