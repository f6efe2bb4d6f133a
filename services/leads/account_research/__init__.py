"""Account research (客户战略研究与匹配度): what is found out of customers, and how our products fit their needs."""
