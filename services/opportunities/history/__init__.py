"""What a deal keeps of its past: stages, judgements, forecasts; entries are only ever added."""
