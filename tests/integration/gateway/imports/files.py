"""A file of three leads and how its columns are read; why a file was refused."""

COLUMNS = {"columns": {"公司": "company", "电话": "phone", "渠道": "channel"}}
THREE = "公司,电话,渠道\r\n甲公司,13800138000,展会\r\n乙公司,,百度\r\n丙公司,021-5555 1234,展会\r\n"


async def reason(answer):
    """Why a request was refused."""
    told = (await answer).json()
    return told["reason"], {one["field"]: one["message"] for one in told.get("violations", ())}
