"""Speed and size, as ratios against floors measured in the same run."""
