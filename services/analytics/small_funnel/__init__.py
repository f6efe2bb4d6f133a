"""The small funnel: how many prospects became leads, and how many leads became deals."""
