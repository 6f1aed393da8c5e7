"""Passwords: how they are hashed (argon2id), which are good enough, and one-time ones.

Long beats complicated: twelve signs of any kind, neither the login nor something everybody tries. This module must not
know whose password it is.
"""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
_DIFFERENT = 5
"""Least different signs in a password."""
_HASHER = PasswordHasher()
_NO_ONES = _HASHER.hash(secrets.token_hex(16))
"""Checked where there is no such login, so that an answer takes as long as with one."""
_EASY = "abcdefghjkmnpqrstuvwxyz23456789"
"""Signs of one-time passwords: none that is taken for another."""
_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb")
_KNOWN = ("password", "passw0rd", "admin", "welcome", "letmein", "iloveyou", "woaini", "taizhang", "qwer", "111111")


def hash_of(password: str) -> str:
    """Return the hash to keep."""
    return _HASHER.hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Return whether ``password`` is the one kept; takes as long where none is kept."""
    try:
        right = _HASHER.verify(kept or _NO_ONES, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


def outdated(kept: str) -> bool:
    """Return whether a hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(kept)


def problem(password: str, *about: str) -> str | None:
    """Return in Chinese why a password will not do; ``None`` where it will.

    Args:
        password: The password.
        about: What it must not contain: the login, the name.
    """
    lower = password.lower()
    if len(password) < SHORTEST:
        return f"密码至少要 {SHORTEST} 个字符；可以用一句好记的话，汉字、字母、数字、空格都行。"
    if len(password) > LONGEST:
        return f"密码最长 {LONGEST} 个字符，请缩短。"
    if len(set(password)) < _DIFFERENT:
        return "密码里重复的字符太多，容易被猜到，请换一个。"
    if any(word and word.lower() in lower for word in about):
        return "密码里不要包含登录名或姓名，请换一个。"
    rest = lower
    for word in _KNOWN:
        rest = rest.replace(word, "")
    if len(rest) < SHORTEST * 2 // 3 or any(_along(lower, row) for row in _ROWS):
        return "这个密码太常见，容易被猜到，请换一个。"
    return None


def _along(word: str, row: str) -> bool:
    """Return whether most of ``word`` runs along ``row``, forwards or backwards."""
    length = len(word) * 2 // 3
    parts = [word[at : at + length] for at in range(len(word) - length + 1)]
    return any(part in row or part[::-1] in row for part in parts)


def one_time() -> str:
    """Return a password for the first sign-in, 69 bits of chance in four groups."""
    signs = [secrets.choice(_EASY) for _ in range(14)]
    return "-".join("".join(signs[at : at + 4]) for at in range(0, len(signs), 4))
