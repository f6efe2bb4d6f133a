"""How well customers pay: what is open by age, what was collected, for how many days of sales customers owe."""
