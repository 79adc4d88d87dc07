"""Accounts: what is kept, who gets in, how guessing is slowed, what each role may do."""

import subprocess
import sys

import pytest

from central.accounts import passwords, sign_in
from central.accounts.passwords import PasswordRefusedError
from central.accounts.roles import Power, Role, RoleRefusedError, demand, may
from central.accounts.sign_in import (
    IDLE_MS,
    SESSION_MS,
    AccountExistsError,
    NameRefusedError,
    SignInRefusedError,
)
from central.accounts.throttle import Throttle
from central.store import Store
from edge.evidence.instant import Instant

NOW = Instant.parse("2026-11-23T08:30:15.123Z")


@pytest.fixture
def store():
    opened = Store.in_memory()
    yield opened
    opened.close()


def test_password_is_kept_as_argon2id_only():
    kept = passwords.hashed("correct horse")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "correct horse")
    assert not passwords.matches(kept, "correct horsf")


@pytest.mark.parametrize("kept", [None, "", "not a hash"])
def test_account_without_a_password_is_never_signed_in(kept):
    assert not passwords.matches(kept, "")
    assert not passwords.matches(kept, "nobody has this password")


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_password_of_other_length_is_refused(password):
    with pytest.raises(PasswordRefusedError):
        passwords.hashed(password)


def test_cookie_opens_the_session_and_is_kept_nowhere(store):
    sign_in.add_user(store, "wang", Role.HANDLER, "correct horse", NOW)
    opened = sign_in.sign_in(store, "wang", "correct horse", NOW)
    caller = sign_in.by_cookie(store, opened.cookie, NOW)
    assert (caller.name, caller.role) == ("wang", Role.HANDLER)
    with store.read() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())
    assert opened.cookie not in dump
    assert "correct horse" not in dump


@pytest.mark.parametrize(("name", "password"), [("wang", "wrong horse"), ("li", "correct horse")])
def test_wrong_name_and_wrong_password_get_the_same_answer(store, name, password):
    sign_in.add_user(store, "wang", Role.HANDLER, "correct horse", NOW)
    with pytest.raises(SignInRefusedError) as refused:
        sign_in.sign_in(store, name, password, NOW)
    assert refused.value.found == "no match"


def test_session_ends_by_signing_out_by_age_and_by_idleness(store):
    sign_in.add_user(store, "wang", Role.HANDLER, "correct horse", NOW)
    cookie = sign_in.sign_in(store, "wang", "correct horse", NOW).cookie
    assert sign_in.by_cookie(store, cookie, NOW.plus_ms(IDLE_MS))
    assert sign_in.by_cookie(store, cookie, NOW.plus_ms(2 * IDLE_MS + 1)) is None
    busy = sign_in.sign_in(store, "wang", "correct horse", NOW).cookie
    for at in range(0, SESSION_MS + 1, IDLE_MS // 2):
        assert sign_in.by_cookie(store, busy, NOW.plus_ms(at))
    assert sign_in.by_cookie(store, busy, NOW.plus_ms(SESSION_MS + 1)) is None
    ended = sign_in.sign_in(store, "wang", "correct horse", NOW).cookie
    sign_in.sign_out(store, ended, NOW)
    assert sign_in.by_cookie(store, ended, NOW) is None


def test_token_is_told_once_and_has_no_password(store):
    token = sign_in.add_token(store, "indexer", Role.AUDITOR, NOW)
    assert sign_in.by_token(store, token, NOW).role is Role.AUDITOR
    assert sign_in.by_token(store, token + "x", NOW) is None
    with pytest.raises(SignInRefusedError):
        sign_in.sign_in(store, "indexer", "", NOW)


def test_a_name_is_given_once_and_is_a_name(store):
    sign_in.add_user(store, "王建国", Role.HANDLER, "correct horse", NOW)
    with pytest.raises(AccountExistsError):
        sign_in.add_token(store, "王建国", Role.ADMINISTRATOR, NOW)
    for name in ("", "-x", "a b", "x" * 65, "<b>", "nobody at 127.0.0.1"):
        with pytest.raises(NameRefusedError):
            sign_in.add_token(store, name, Role.AUDITOR, NOW)


def test_guessing_has_to_wait_longer_each_time_and_only_where_it_comes_from():
    throttle = Throttle()
    for _ in range(5):
        assert throttle.wait_s("wang", "10.0.0.9", 100.0) == 0
        throttle.failed("wang", "10.0.0.9", 100.0)
    throttle.failed("wang", "10.0.0.9", 100.0)
    first = throttle.wait_s("wang", "10.0.0.9", 100.0)
    throttle.failed("wang", "10.0.0.9", 100.0)
    assert throttle.wait_s("wang", "10.0.0.9", 100.0) > first > 0
    assert throttle.wait_s("wang", "10.0.0.7", 100.0) == 0
    assert throttle.wait_s("wang", "10.0.0.9", 2000.0) == 0


def test_one_address_trying_many_names_has_to_wait_too():
    throttle = Throttle()
    for number in range(30):
        throttle.failed(f"name-{number}", "10.0.0.9", 100.0)
    assert throttle.wait_s("somebody", "10.0.0.9", 100.0) > 0


def test_throttle_remembers_a_bounded_number():
    throttle = Throttle()
    for number in range(15_000):
        throttle.failed(f"name-{number}", f"10.0.{number}", 100.0)
    assert len(throttle._failures) <= 10_000


@pytest.mark.parametrize(
    ("role", "powers"),
    [
        (Role.HANDLER, {Power.FIND, Power.PLAY, Power.HANDLE, Power.EXPORT, Power.WATCH}),
        (Role.AUDITOR, {Power.FIND, Power.PLAY, Power.EXPORT, Power.WATCH}),
        (Role.ADMINISTRATOR, {Power.FIND, Power.WATCH}),
    ],
)
def test_roles_have_these_powers_and_no_others(role, powers):
    assert {power for power in Power if may(role, power)} == powers
    for power in set(Power) - powers:
        with pytest.raises(RoleRefusedError) as refused:
            demand(role, power)
        assert refused.value.code == "ROLE_REFUSED"


def command(site, *words, **options):
    done = [sys.executable, "-m", "central", *words, "--config", str(site.made.config)]
    return subprocess.run(
        done, capture_output=True, text=True, encoding="utf-8", check=False, **options
    )


def test_commands_make_accounts(site, opened, tmp_path):
    added = command(
        site,
        "user",
        "add",
        "王建国",
        "--role",
        "handler",
        "--password-stdin",
        input="good secret\n",
    )
    assert added.returncode == 0, added.stderr
    (tmp_path / "secret").write_text("other secret\n", encoding="utf-8")
    words = ("user", "add", "li", "--role", "auditor", "--password-file", str(tmp_path / "secret"))
    assert command(site, *words).returncode == 0
    token = command(site, "token", "create", "robot", "--role", "auditor").stdout.strip()
    assert sign_in.sign_in(opened.store, "王建国", "good secret", NOW)
    assert sign_in.sign_in(opened.store, "li", "other secret", NOW)
    assert sign_in.by_token(opened.store, token, NOW).name == "robot"
    again = command(site, *words)
    assert again.returncode == 1
    assert "ACCOUNT_EXISTS" in again.stderr


@pytest.mark.parametrize("words", [("user", "add", "x"), ("user",), ("token", "create", "x")])
def test_wrong_usage_is_2(site, words):
    assert command(site, *words).returncode == 2
