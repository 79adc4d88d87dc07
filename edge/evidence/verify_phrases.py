"""The phrases of a verification, in English and Chinese: one entry per code, step and limit.

A test holds both languages to the same keys. Texts only; nothing here decides anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.evidence.verify_report import Code, Grade, StepName
from edge.evidence.witnesses import OUTSIDERS, STATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Everything a report says in one language."""

    holds: str
    part_holds: str
    part: str
    trim: str
    fails: str
    unchecked: str
    unknown: str
    grade: str
    grades: Mapping[Grade, str]
    steps: Mapping[StepName, str]
    facts: Mapping[str, str]
    checkpoint: str
    witness: str
    anchor: str
    kinds: Mapping[str, str]
    recordings: str
    recording: str
    camera_signature: str
    one_recording: str
    findings: str
    file: str
    range: str
    more_ranges: str
    expected: str
    found: str
    codes: Mapping[Code, str]
    limits_title: str
    limits: tuple[str, ...]


ENGLISH = Phrases(
    holds="Everything holds.",
    part_holds="This part holds.",
    part="Only bytes {begin} to {last} of {size} of recording {recording} were checked.",
    trim="Only these packets were checked, as a part of recording {recording}:",
    fails="Does not hold:",
    unchecked="not all could be checked",
    unknown="(camera path not known)",
    grade="Grade",
    grades={
        Grade.A: "log, stations, outside witnesses and time-stamping authority.",
        Grade.B: "log and witnessing stations.",
        Grade.C: "station's signatures and the operator's log; no outside witness.",
        Grade.D: "station's signatures only; the log proves nothing here.",
        Grade.NONE: "none.",
    },
    steps={
        StepName.FILES: "Files are plain and their names safe",
        StepName.KEYS: "Keys lead back to the trusted roots",
        StepName.SIGNATURES: "Signed statements are as they were signed",
        StepName.LOG: "Statements stand in the trusted log",
        StepName.CHAIN: "Each recording follows the station's statement before it",
        StepName.FOOTAGE: "Footage is byte for byte what was sealed",
        StepName.CLAIMS: "Statements do not contradict each other",
        StepName.DERIVED: "Every other byte of the package is as it has to be",
    },
    facts={
        "files": "files:",
        "bytes": "bytes:",
        "key_events": "key events:",
        "envelopes": "statements:",
        "leaves": "log entries:",
        "cosigned_stations": "cosigned by stations:",
        "cosigned_outsiders": "by outsiders:",
        "anchors": "time stamps:",
        "sightings": "seen by stations:",
        "sightings_proven": "proven the same:",
        "stations": "stations:",
        "recordings": "recordings:",
        "packets": "packets:",
        "unchecked": "could not be checked:",
    },
    checkpoint="Log {origin}, {size} entries, root {root}",
    witness="Cosigned by {kind} {name} at {at}",
    anchor="Existed, with {size} entries, before {at}, says {tsa}",
    kinds={STATIONS: "station", OUTSIDERS: "outside witness"},
    recordings="Recordings",
    recording="{size} bytes, log entry {index}, sealed by {station} at {station_time}",
    camera_signature="the camera says that it signed it ({camera_signature}): seen, not verified",
    one_recording="recording",
    findings="Findings",
    file="file",
    range="altered within bytes {first} to {last} (mebibyte {mebibytes})",
    more_ranges="and {count} more ranges",
    expected="expected",
    found="found",
    codes={
        Code.PKG_MISSING: "something that belongs to the package is missing.",
        Code.PKG_ALTERED: "a file is not what it was when the package was made.",
        Code.PKG_EXTRA: "something is in the package that does not belong there.",
        Code.KEY_UNTRUSTED: "signed by a key that no trusted root vouches for.",
        Code.KEY_WEAK: "a key that anybody could sign with.",
        Code.KEY_REVOKED: "signed with a key after it was revoked.",
        Code.SIG_BAD: "a signature does not fit: the statement was altered.",
        Code.TYPE_UNKNOWN: "a statement of a type that this version does not know.",
        Code.CRIT_UNKNOWN: "a statement with a critical part that this version does not know.",
        Code.STATEMENT_INVALID: "a statement that cannot be read as one.",
        Code.FILE_ALTERED: "the footage was altered.",
        Code.FILE_TRUNCATED: "the end of the footage is missing.",
        Code.FILE_EXTENDED: "bytes were added to the footage.",
        Code.CLIP_FOREIGN: "something in the clip is not of the recording.",
        Code.CLIP_GAP: "parts of the recording are missing, repeated or moved in the clip.",
        Code.CLIP_RETIMED: "the clip plays at another pace, or its streams were shifted.",
        Code.CHAIN_GAP: "the statement before it in the station's chain is missing.",
        Code.CHAIN_FORK: "a station signed two different statements for one place.",
        Code.CHAIN_ROLLBACK: "the station's chain went back.",
        Code.LOG_LEAF_MISMATCH: "the log proof is about another statement.",
        Code.LOG_NOT_INCLUDED: "the log proof does not lead to the log's state.",
        Code.LOG_SIG_BAD: "the log's state is not signed by the trusted log.",
        Code.LOG_INCONSISTENT: "the proof that the log only grew does not hold.",
        Code.SPLIT_VIEW: "the log showed a station something else than it shows here.",
        Code.WITNESS_SHORT: "fewer witnesses than the trust policy asks for.",
        Code.TSA_BAD: "a time stamp that no trusted authority made for this log.",
        Code.CLAIM_CONTRADICTED: "two signed statements contradict each other.",
        Code.CASE_LINK_UNLOGGED: "no logged link puts the recording in the case.",
        Code.TIME_INCOHERENT: "stated times cannot all be right.",
    },
    limits_title="What this does not prove",
    limits=(
        "That the picture shows the truth, or the whole of it.",
        "What happened before docking: unless the camera itself signs, proof starts there.",
        "That any clock was right: times are claims of camera, station and central.",
        "Who wore the camera, nor that these are all the recordings there are.",
        "That nobody was shown another log, unless witnesses signed it (grades A and B).",
        "That the trust folder is genuine: get it from somebody other than the package.",
    ),
)

CHINESE = Phrases(
    holds="全部成立。",
    part_holds="所核验的部分成立。",
    part="仅核验了录像 {recording} 共 {size} 字节中的第 {begin} 至 {last} 字节。",
    trim="仅核验了下列数据包是否为录像 {recording} 的一部分：",
    fails="不成立:",
    unchecked="未能全部核验",
    unknown="（不知其在记录仪上的路径）",
    grade="等级",
    grades={
        Grade.A: "日志、采集站、外部见证人和时间戳机构。",
        Grade.B: "日志和作见证的采集站。",
        Grade.C: "采集站签名与运营者的日志；无外部见证人。",
        Grade.D: "仅采集站签名；此处日志不能证明什么。",
        Grade.NONE: "无。",
    },
    steps={
        StepName.FILES: "文件均为普通文件，文件名安全",
        StepName.KEYS: "密钥可追溯到受信任的根",
        StepName.SIGNATURES: "已签名的声明与签名时一致",
        StepName.LOG: "声明均在受信任的日志中",
        StepName.CHAIN: "每段录像紧接采集站的前一条声明",
        StepName.FOOTAGE: "录像与封存时逐字节一致",
        StepName.CLAIMS: "各声明之间没有矛盾",
        StepName.DERIVED: "包内其余每个字节均与应有内容一致",
    },
    facts={
        "files": "文件",
        "bytes": "字节",
        "key_events": "密钥事件",
        "envelopes": "声明",
        "leaves": "日志条目",
        "cosigned_stations": "采集站联署",
        "cosigned_outsiders": "外部联署",
        "anchors": "时间戳",
        "sightings": "采集站所见",
        "sightings_proven": "其中证实一致",
        "stations": "采集站",
        "recordings": "录像",
        "packets": "数据包",
        "unchecked": "未能核验",
    },
    checkpoint="日志 {origin}，{size} 条，根 {root}",
    witness="{kind} {name} 于 {at} 联署",
    anchor="含 {size} 条时已存在于 {at} 之前，由 {tsa} 证明",
    kinds={STATIONS: "采集站", OUTSIDERS: "外部见证人"},
    recordings="录像",
    recording="{size} 字节，日志第 {index} 条，由 {station} 于 {station_time} 封存",
    camera_signature="记录仪称已对其签名（{camera_signature}）：仅识别，未验证",
    one_recording="录像",
    findings="发现的问题",
    file="文件",
    range="改动位于字节 {first} 至 {last}（第 {mebibytes} 个 MiB）",
    more_ranges="另有 {count} 处",
    expected="应为",
    found="实为",
    codes={
        Code.PKG_MISSING: "缺少属于本包的内容。",
        Code.PKG_ALTERED: "文件与制作本包时不一致。",
        Code.PKG_EXTRA: "包内有不属于本包的内容。",
        Code.KEY_UNTRUSTED: "签名密钥没有任何受信任的根为其担保。",
        Code.KEY_WEAK: "任何人都能用来签名的弱密钥。",
        Code.KEY_REVOKED: "在密钥被吊销之后签名。",
        Code.SIG_BAD: "签名不符：声明被改动。",
        Code.TYPE_UNKNOWN: "声明的类型不为本版本所知。",
        Code.CRIT_UNKNOWN: "声明含有本版本不认识的关键内容。",
        Code.STATEMENT_INVALID: "无法作为声明读取。",
        Code.FILE_ALTERED: "录像被改动。",
        Code.FILE_TRUNCATED: "录像的末尾缺失。",
        Code.FILE_EXTENDED: "录像被添加了字节。",
        Code.CLIP_FOREIGN: "片段中有不属于该录像的内容。",
        Code.CLIP_GAP: "片段中有录像的部分缺失、重复或移位。",
        Code.CLIP_RETIMED: "片段的播放速度被改变，或各轨相互错位。",
        Code.CHAIN_GAP: "缺少采集站链中的前一条声明。",
        Code.CHAIN_FORK: "采集站在同一位置签了两条不同的声明。",
        Code.CHAIN_ROLLBACK: "采集站的链发生倒退。",
        Code.LOG_LEAF_MISMATCH: "日志证明对应的是另一条声明。",
        Code.LOG_NOT_INCLUDED: "日志证明不能导出日志状态。",
        Code.LOG_SIG_BAD: "日志状态没有受信任日志的签名。",
        Code.LOG_INCONSISTENT: "证明日志只增不改的证据不成立。",
        Code.SPLIT_VIEW: "日志曾向某采集站出示与此处不同的内容。",
        Code.WITNESS_SHORT: "见证人少于信任策略的要求。",
        Code.TSA_BAD: "时间戳不是受信任的机构为本日志所出。",
        Code.CLAIM_CONTRADICTED: "两条已签名的声明互相矛盾。",
        Code.CASE_LINK_UNLOGGED: "日志中没有把该录像关联到案件的记录。",
        Code.TIME_INCOHERENT: "所称时间不可能都正确。",
    },
    limits_title="不能证明的事项",
    limits=(
        "画面反映真相，或反映了全部情况。",
        "入坞之前的经历：除非记录仪自身签名，证明从入坞开始。",
        "任何时钟准确：时间是记录仪、采集站和中心各自的声明。",
        "由谁佩戴记录仪，以及这些就是全部录像。",
        "没有人看到过另一份日志，除非有见证人签名（A 级和 B 级）。",
        "信任文件夹真实：请向交付本包以外的人索取。",
    ),
)

PHRASES: Mapping[str, Phrases] = {"en": ENGLISH, "zh": CHINESE}
