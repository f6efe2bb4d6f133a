"""How public pages look and behave: one sheet and one script within the page, allowed by their digests alone."""

import hashlib
from base64 import b64encode

STYLE = """\
*{box-sizing:border-box}
body{margin:0;background:#f4f5f7;color:#1d2129;font:16px/1.6 system-ui,-apple-system,"PingFang SC","Microsoft YaHei",
sans-serif}
main{max-width:560px;margin:0 auto;padding:20px 16px 40px;background:#fff;min-height:100vh}
h1{font-size:22px;line-height:1.35;margin:4px 0 12px}
img{display:block;width:100%;height:auto;border-radius:8px;margin:12px 0}
label{display:block;font-weight:600;margin:18px 0 6px}
input,select,textarea{width:100%;font:inherit;padding:12px;border:1px solid #c9cdd4;border-radius:8px;background:#fff}
textarea{min-height:96px}
input:focus,select:focus,textarea:focus{outline:3px solid #bcd4ff;border-color:#165dff}
.must::after{content:" *";color:#cb2634}
.fault{color:#cb2634;margin:4px 0 0;min-height:0}
[aria-invalid=true]{border-color:#cb2634}
.consent{display:flex;gap:10px;font-weight:400;margin-top:22px;font-size:14px;color:#4e5969}
.consent input{width:20px;height:20px;flex:none;margin:2px 0 0}
button{width:100%;margin-top:22px;padding:14px;border:0;border-radius:8px;background:#165dff;color:#fff;font:inherit;
font-weight:600}
button.plain{background:#e8f0ff;color:#165dff;margin-top:12px}
.notice{background:#fff3e8;border-radius:8px;padding:10px 12px;color:#a83c00}
.apart{position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden}
.address{word-break:break-all;background:#f4f5f7;border-radius:8px;padding:12px}
"""
SCRIPT = """\
document.querySelectorAll("[data-fault]").forEach(function(e){
function look(){var p=document.getElementById(e.id+"-fault"),ok=e.checkValidity();
p.textContent=ok?"":e.dataset.fault;e.setAttribute("aria-invalid",String(!ok));return ok}
e.addEventListener("blur",function(){if(e.value)look()});
e.addEventListener("input",function(){if(e.getAttribute("aria-invalid")==="true")look()});
e.addEventListener("invalid",function(v){v.preventDefault();look();
if(document.querySelector(":invalid:not(form):not(fieldset)")===e)e.focus()})});
"""


def _digest(text: str) -> str:
    return "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


POLICY = (
    f"default-src 'none'; style-src {_digest(STYLE)}; script-src {_digest(SCRIPT)}; img-src 'self';  "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store", "content-language": "zh-CN"}
