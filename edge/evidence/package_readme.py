"""The plain-language page inside every package, in Chinese and in English.

The text belongs to the format ``liuhen-package/v1``: a verifier writes it anew and compares,
so that nobody can slip other instructions to a court. Changing a word is a new format.
"""

_ENGLISH = """\
# Body-camera footage, export {export}

This folder holds {recordings} recording(s), handed out on {at} for this purpose:

> {purpose}

## What is proven, when the check below finds nothing

- Each recording in `data/footage/` is, byte for byte, the file that the docking station read
  from the camera's storage and signed. A single altered byte is found, and the check says
  in which mebibyte (1,048,576 bytes) it is.
- The station signed the recording as one link of a chain, right after the statement that is
  also in this package: nothing can have been slipped in or taken out between the two.
- The central service wrote the fact into an append-only log, at the place that is named, and
  signed the state of that log. The proof is in `data/proofs/`.
- Each link to a case, and each access that is listed in `data/custody/`, is in the same log.

## What is not proven

- That the picture shows the truth, or the whole of what happened.
- What happened to the recording before it was docked. Unless the camera itself signs, proof
  starts at the dock.
- That a clock was right. Camera, station and central times are claims, side by side.
- That the person named as wearer wore the camera.
- That these are all the recordings there are: a package holds what was asked for.
- With grade C: that the operator of the log did not show somebody else another log. Grades
  B and A add witnesses; the check prints the grade.

## How to check

1. Get the trust folder (`policy.json`) from somebody other than the person who gave you
   this package. Whoever gives you both can forge both. Better still, get the program that
   checks from somebody else, too: the two that lie here are a convenience, and a forger
   could have exchanged them. Any copy checks any package.
2. With nothing to install: open `data/verify.html` in Chrome, Chromium or Edge (137 or
   later), and give it this folder and `policy.json`. Nothing leaves your computer.
3. With Python 3.11 or later and its library `cryptography`, no network needed:

       python data/verify.py --trust TRUST_FOLDER

   With liuhen installed: `python -m edge.evidence verify THIS_FOLDER --trust TRUST_FOLDER`
4. Without any of these, that no file was damaged on the way (no protection against a forger):

       sha256sum -c --strict manifest-sha256.txt
       bagit.py --validate .

## What is where

| name | what |
|---|---|
| `data/footage/` | the recordings, one folder each |
| `data/leaves/` | SHA-256 of each mebibyte, to find where a file was altered |
| `data/envelopes/` | the signed statements (DSSE, in-toto) |
| `data/proofs/`, `data/checkpoint` | log proofs and the log's signed state (C2SP) |
| `data/custody/` | the history as a table: a copy for reading, made from the statements |
| `data/package.json` | an index for programs |
| `data/verify.html`, `data/verify.py` | programs that check a package, no evidence themselves |
"""

_CHINESE = """\
# 执法记录仪录像，导出编号 {export}

本文件夹含 {recordings} 段录像，于 {at} 交出，用途：

> {purpose}

## 按下文核验无异常时，可以证明什么

- `data/footage/` 中的每段录像，与采集站从记录仪存储中读取并签名的文件逐字节一致。
  改动任何一个字节都会被发现，并指出位于哪一个 1 MiB（1,048,576 字节）区段。
- 采集站把每段录像签入一条链，紧接本包所含的前一条声明：两者之间不可能插入或抽走任何内容。
- 中心把这一事实写入只增不改的日志，位置已注明，并对日志状态签名。证明在 `data/proofs/`。
- 与案件的每次关联，以及 `data/custody/` 所列的每次访问，都在同一日志中。

## 不能证明什么

- 不能证明画面反映真相，或反映了事情的全部。
- 不能证明录像在入坞之前的经历。除非记录仪自身签名，证明从入坞开始。
- 不能证明时钟准确。记录仪、采集站、中心的时间都是各自的声明，并列保存。
- 不能证明所登记的佩戴人确实佩戴了该记录仪。
- 不能证明这些就是全部录像：一个包只含所申请的内容。
- C 级时：不能证明日志运营者没有向他人出示另一份日志。B 级和 A 级有见证人；核验会给出等级。

## 如何核验

1. 信任文件夹（`policy.json`）应向交付本包以外的人索取。同时给你两者的人，可以同时伪造两者。核验程序
   最好也另行索取：包内的两个程序只为方便，伪造者可能已将其调换。任何一份都能核验任何一个包。
2. 无需安装：用 Chrome、Chromium 或 Edge（137 以上版本）打开 `data/verify.html`，选择本文件夹和
   `policy.json`。任何内容都不会离开本机。
3. 有 Python 3.11 以上版本及其 `cryptography` 库时，不需要网络：

       python data/verify.py --trust 信任文件夹

   已安装 liuhen 时：`python -m edge.evidence verify 本文件夹 --trust 信任文件夹`
4. 以上都没有时，可检查文件在途中是否损坏（不能防伪造）：

       sha256sum -c --strict manifest-sha256.txt
       bagit.py --validate .

## 各文件说明

| 名称 | 内容 |
|---|---|
| `data/footage/` | 录像，每段一个文件夹 |
| `data/leaves/` | 每个 1 MiB 区段的 SHA-256，用于定位改动 |
| `data/envelopes/` | 已签名的声明（DSSE、in-toto） |
| `data/proofs/`、`data/checkpoint` | 日志证明与日志的签名状态（C2SP） |
| `data/custody/` | 保管历史表：由声明生成，供阅读 |
| `data/package.json` | 供程序使用的索引 |
| `data/verify.html`、`data/verify.py` | 核验程序，本身不是证据 |
"""


PAGES = (("data/README.en.md", _ENGLISH), ("data/README.zh.md", _CHINESE))
"""Path and text; `{export}`, `{recordings}`, `{at}` and `{purpose}` are filled in."""


def readmes(*, export: str, at: str, purpose: str, recordings: int) -> list[tuple[str, bytes]]:
    """Both pages, by path. `purpose` is a person's words: kept on one quoted line."""
    words = " ".join(purpose.split())
    return [
        (
            path,
            text.format(export=export, at=at, purpose=words, recordings=recordings).encode(),
        )
        for path, text in PAGES
    ]
