"""What the command says, in English or, by LANG, in Chinese."""

import os

CHINESE = {
    "password: ": "密码：",
    "signed in to {tenant} at {server} as {username}": "已登录 {server} 的 {tenant}，用户 {username}",
    "signed out": "已退出登录",
    "sign in first: dealtrail login": "请先登录：dealtrail login",
    "nobody answers at {server}: {error}": "无法连接 {server}：{error}",
    "{file} cannot be read: {error}": "无法读取 {file}：{error}",
    "{done} of {total} rows": "{done} / {total} 行",
    "checked": "已检查",
    "recorded": "已导入",
    "{what}: {created}; there before: {existed}; refused: {refused}": (
        "{what} {created} 行，已存在 {existed} 行，被拒绝 {refused} 行"
    ),
    "the refused rows and why: {file}": "被拒绝的数据行及原因：{file}",
    "it ended {state}: {message}": "操作结束，状态 {state}：{message}",
    "it goes on without us; see dealtrail operation {id}": "导入仍在后台进行，可用 dealtrail operation {id} 查看",
    "{rows} rows in {file}": "{file}：{rows} 行",
    "to ask for it, say what for: --purpose TEXT": "如需申请，请用 --purpose 说明用途",
    "it waits without us; go on with --request {id}": "申请仍在等待审批，可用 --request {id} 继续",
    "export request {id} waits for approval; Ctrl-C ends the waiting, not the request": (
        "导出申请 {id} 正在等待审批；按 Ctrl-C 只结束等待，不撤销申请"
    ),
    "waiting for approval": "等待审批",
    "the export was not approved: {why}": "导出申请未通过：{why}",
    "Who": "用户",
    "Role": "角色",
    "Tenant": "租户",
    "Stage": "阶段",
    "Open deals": "在跟商机",
    "Amount": "金额",
    "Period": "期间",
    "Won": "赢单",
    "Lost": "丢单",
    "Win rate": "赢率",
    "Deals opened": "新增商机",
    "Average amount": "平均成交额",
    "Cycle, days": "成交周期（天）",
    "A day": "每天",
    "Change": "变化",
    "Past due": "账龄",
    "Instalments": "期数",
    "Funnel from {begin} to {end}": "销售漏斗 {begin} 至 {end}",
    "Growth formula": "业绩公式",
    "Receivables at {day}, {currency}": "应收账款 {day}，{currency}",
    "open": "未收",
    "of what fell due since {begin}, {rate} is paid": "自 {begin} 起到期款项的回款率 {rate}",
    "nothing": "无",
    "listening; Ctrl-C ends it": "正在接收实时更新，按 Ctrl-C 结束",
    "more was missed than is told; read everything anew": "错过的更新过多，请重新读取全部数据",
    "say where by {places}; or by DEALTRAIL_HOME, of one that runs here": (
        "请用 {places} 指明位置，或用 DEALTRAIL_HOME 指明本机正在运行的 Dealtrail"
    ),
}


def language() -> str:
    """ "zh" or "en"."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "zh" if spoken.lower().startswith("zh") else "en"


def say(text: str, **facts: object) -> str:
    """The text in the user's language, filled with facts."""
    return (CHINESE[text] if language() == "zh" else text).format(**facts)
