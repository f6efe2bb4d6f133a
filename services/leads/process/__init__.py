"""The process of managing leads (ML 管理线索流程): how far each lead has come, and since when."""
