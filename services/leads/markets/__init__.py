"""Markets (市场饱和): how many companies of a territory could buy a product, and how many were contacted and signed."""
