"""The server's manners: headers, sizes, error pages, the gate and the plain pages put in their order.

Scripts run only from our own files and by their hashes. Styles may stand in the page: Mantine and Plotly set them so,
and no words of a user are ever put into a style. This module must not know figures.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from dash import Dash
from dash.exceptions import DependencyException
from flask import Response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from analytics.settings import Settings
from dashboard import theme
from dashboard.auth import managing, oidc, views
from dashboard.auth.gate import Gate
from dashboard.auth.limits import make_limiter
from dashboard.monitoring import monitor
from dashboard.secret import secret_key

_KEPT = frozenset(
    {"_dash_assets.static", "static", "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"}
)
"""Endpoints whose answers are the same for everybody and may be kept by a browser."""
_SHELL = frozenset({"/", "/<path:path>"})
_SAID = {
    400: ("看不懂这个请求", "请从页面上重新操作；如果是收藏的旧地址，请回到总览再进入。"),
    401: ("请先登录", "登录后再试。"),
    403: ("没有权限", "您现在的身份不能查看这一内容；工作需要的，请联系系统管理员。"),
    404: ("没有这个页面或文件", "地址可能写错了。"),
    405: ("不能这样操作", "请从页面上重新操作。"),
    413: ("文件太大", "超过了允许的大小。请拆成几份再上传。"),
    415: ("这种内容不能上传", "请从页面上重新操作。"),
    429: ("操作太频繁", "请等一分钟再试。"),
}


def secure(app: Dash, settings: Settings, *, opens: Callable[[str], bool | None]) -> Gate:
    """Put everything that guards the application in place; call it last, when all callbacks are known.

    Args:
        app: The application.
        settings: The one settings object.
        opens: Whether the page at an address opens to whoever asks now; ``None`` where there is no page.
    """
    server = app.server
    server.secret_key = secret_key(settings)
    # A callback's body carries an upload as text, a third longer than its bytes.
    server.config["MAX_CONTENT_LENGTH"] = settings.max_file_bytes * 4 // 3 + (1 << 20)
    if settings.proxies:
        count = settings.proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=count, x_proto=count, x_host=count)
    gate = Gate(app, settings)
    limiter = make_limiter(server, settings)
    provider = oidc.connect(app, settings)
    views.connect(app, settings, gate, limiter, provider)
    managing.connect(app, settings)
    monitor(server, settings)
    _errors(app)
    _headers(app, settings, opens)
    return gate


def policy(hashes: Collection[str], *, form_targets: Collection[str] = ()) -> str:
    """Return the Content-Security-Policy."""
    scripts = " ".join(f"'{value.strip(chr(39))}'" for value in hashes)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            " ".join(["form-action 'self'", *form_targets]),
            "frame-ancestors 'none'",
        ]
    )


def _headers(app: Dash, settings: Settings, opens: Callable[[str], bool | None]) -> None:
    # The hashes exist once the layout and the callbacks do.
    told = policy(app.csp_hashes())
    del settings

    def finish(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = told
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint not in _KEPT:
            response.headers.setdefault("Cache-Control", "no-store")
        if response.status_code == 200 and request.endpoint in _SHELL:
            # The shell then says in words that there is no such page, or that it does not open.
            response.status_code = {None: 404, False: 403, True: 200}[opens(request.path)]
        return response

    app.server.after_request(finish)


def _errors(app: Dash) -> None:
    def said(error: HTTPException) -> views.Page | Response:
        code = error.code or 500
        if isinstance(error, CSRFError):
            title, sentence = "页面已经过期", "请返回上一页，刷新后再提交一次。"
        elif error.description == "host":
            title = "不能用这个地址访问"
            sentence = "服务器不认识这个主机名。请系统管理员把它加到 TAIZHANG_HOSTS 设置里。"
        else:
            title, sentence = _SAID.get(code, _SAID[400])
        if code == 404 and request.endpoint not in _SHELL and request.path.startswith("/assets/"):
            title = "没有这个文件"
        return views.page("message.html", title, code, sentence=sentence)

    def failed(_: Exception) -> tuple[str, int]:
        return _plain_page("系统暂时出错", "已记入日志，数据没有受影响。请稍后再试。"), 500

    for code in _SAID:
        app.server.register_error_handler(code, said)
    app.server.register_error_handler(500, failed)
    # Dash takes a script nobody has for a fault of its own.
    app.server.register_error_handler(DependencyException, lambda _: said(NotFound()))


def _plain_page(title: str, sentence: str) -> str:
    """Return a page that needs nothing else to work."""
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
        f'<body style="font-family:{theme.FONT.replace(chr(34), chr(39))};margin:4rem auto;max-width:40rem;'
        f'padding:0 1rem;color:{theme.LIGHT["ink"]}"><h1>{title}</h1><p>{sentence}</p><p><a href="/">回到总览</a></p>'
    )
