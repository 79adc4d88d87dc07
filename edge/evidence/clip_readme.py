"""The plain-language page inside every clip, in Chinese and in English.

The text belongs to the form of a clip: a verifier writes it anew and compares.
"""

from edge.evidence.range_proof import RangeProof
from edge.evidence.statement import Recording

_ENGLISH = """\
# A part of a body-camera recording

`data/footage/` holds bytes {begin} to {last} of a recording of {size} bytes
(recording {recording}, sealed by station {station} at {time}).

## What is proven, when the check below finds nothing

- These bytes stand, unaltered, at this very place of the file that the docking station read
  from the camera and signed. The rest of the file is not needed to see it.
- The signed statement about the whole recording stands in the operator's append-only log.

## What is not proven

- What the rest of the recording shows, and why this part was chosen.
- Anything that needs the whole: case links, receipts and the station's chain are in the
  package of the whole recording. Nor that it plays: it is cut at byte borders.
- That the picture shows the truth, that a clock was right, or what happened before docking.

## How to check

Get the trust folder (`policy.json`) from somebody other than the person who gave you this.

    python -m edge.evidence verify THIS_FOLDER --trust TRUST_FOLDER
"""

_CHINESE = """\
# 一段执法记录仪录像的一部分

`data/footage/` 所含为一段共 {size} 字节的录像的第 {begin} 至 {last} 字节
（录像 {recording}，由采集站 {station} 于 {time} 封存）。

## 按下文核验无异常时，可以证明什么

- 这些字节未经改动，正位于采集站从记录仪读取并签名的文件的这一位置。核验不需要文件的其余部分。
- 关于整段录像的已签名声明，在运营者只增不改的日志中。

## 不能证明什么

- 录像其余部分的内容，以及为何选取这一部分。
- 需要整段录像才能说明的事项：案件关联、回执和采集站的链在整段录像的包中。
  也不保证能够播放：它按字节边界截取。
- 画面反映真相、时钟准确，以及入坞之前的经历。

## 如何核验

信任文件夹（`policy.json`）应向交付本片段以外的人索取。

    python -m edge.evidence verify 本文件夹 --trust 信任文件夹
"""

PAGES = (("data/README.en.md", _ENGLISH), ("data/README.zh.md", _CHINESE))


def readmes(recording: Recording, proof: RangeProof) -> dict[str, bytes]:
    """Both pages, by path. Only facts that have one spelling go in."""
    facts = {
        "begin": proof.part.begin,
        "last": proof.part.end - 1,
        "size": proof.part.size,
        "recording": recording.recording,
        "station": recording.station.id,
        "time": recording.time.station,
    }
    return {path: text.format_map(facts).encode() for path, text in PAGES}
