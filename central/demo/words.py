"""What the demo says, in Chinese and in English. A sentence is never glued from parts."""

from collections.abc import Mapping

LANGUAGES = ("zh", "en")

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": (
        "留痕 · 从采集工作站到案卷的第一段旅程",
        "liuhen · the first journey, from the docking bay to the court file",
    ),
    "folder": ("工作目录 {folder}", "Working folder {folder}"),
    "prepare": (
        "生成演示用根密钥、证书和配置",
        "Demo root key, certificates, configuration",
    ),
    "prepare.done": (
        "证书颁发机构、中心 {central}、站点 {station}",
        "certificate authority, central {central}, station {station}",
    ),
    "broker": ("启动消息服务 (Mosquitto)", "Message broker (Mosquitto)"),
    "broker.done": (
        "TLS 1.3,双向证书,按站点授权,端口 {port}",
        "TLS 1.3, client certificates, access list per station, port {port}",
    ),
    "witness": (
        "启动外部见证",
        "Outside witness",
    ),
    "witness.done": (
        "{name}(演示中同在本机);策略要求站点、外部各一名",
        "{name}, here on this machine; the policy asks for one station, one outsider",
    ),
    "central": ("启动中心服务", "Central service"),
    "central.done": ("就绪 {url}", "ready at {url}"),
    "station": ("启动站点代理", "Station agent"),
    "station.done": ("{station} 正在等待执法记录仪", "{station} waits for a camera"),
    "detected": ("发现执法记录仪", "Camera detected"),
    "detected.done": ("{bay} 号仓位,序列号 {serial}", "bay {bay}, serial {serial}"),
    "inventory": ("签署清单", "Inventory signed before anything is copied"),
    "inventory.done": ("{files} 个文件,共 {bytes}", "{files} files, {bytes}"),
    "copying": ("复制并校验", "Copied, read back from disk and compared"),
    "copying.live": (
        "第 {n} / {of} 个 · {bytes} / {total} · {rate} · {path}",
        "{n} of {of} · {bytes} of {total} · {rate} · {path}",
    ),
    "copying.done": (
        "{of} 个文件,{total},{rate}",
        "{of} files, {total}, {rate}",
    ),
    "sealed": ("封存(签名并入站点链)", "Sealed: signed and chained"),
    "sealed.done": ("{files} 份清单,{path}", "{files} manifests, {path}"),
    "logged": ("写入透明日志", "Logged: leaf in the transparency log"),
    "logged.done": ("叶序号 {indexes}", "leaf index {indexes}"),
    "stored": ("入库(只写一次)", "Stored write-once and read back"),
    "stored.done": ("保存至 {until} 之前不得删除", "kept until {until}"),
    "camera_untouched": ("核对记录仪未被写入", "Camera untouched"),
    "camera_untouched.done": (
        "前后摘要一致 {digest}",
        "same digest before and after, {digest}",
    ),
    "redocked": ("同一张卡再次接入", "The same card docked again"),
    "redocked.done": (
        "{known} 个文件均已在库,没有重复",
        "{known} files known by content, nothing doubled",
    ),
    "linked": ("关联案件", "Linked to a case"),
    "linked.done": ("{number},{files} 份录像", "{number}, {files} recordings"),
    "deletion_refused": ("尝试删除被拒绝", "Deletion refused"),
    "deletion_refused.done": (
        "{attempts} 次尝试,全部 {code},均已记入日志",
        "{attempts} attempts, each {code}, each logged",
    ),
    "exported": ("导出证据包", "Package exported"),
    "exported.done": ("{files} 个文件,{bytes}", "{files} files, {bytes}"),
    "verified": ("离线核验证据包", "Package verified offline"),
    "verified.done": (
        "全部成立,等级 {grade}(见证 {witnesses} 名;演示中没有时间戳机构)",
        "all holds, grade {grade} ({witnesses} witnesses; no time-stamping authority in the demo)",
    ),
    "tampered": ("改动一个字节,再次核验", "One byte flipped, verified again"),
    "tampered.done": (
        "{code}:{file},字节 {start}–{end}",
        "{code}: {file}, bytes {start} to {end}",
    ),
    "failed": ("失败:{step}", "Failed: {step}"),
    "finished": (
        "旅程完成,用时 {seconds} 秒",
        "Journey complete in {seconds} s",
    ),
    "kept": (
        "已保留:{folder}(package/、trust/、report.json)",
        "Kept: {folder} (package/, trust/, report.json)",
    ),
    "kept.report": ("报告:{report}", "Report: {report}"),
    "check_yourself": ("自行核验:", "Check it yourself:"),
    "open": ("打开 {url}", "Open {url}"),
    "login": ("用户 {user}  密码 {password}", "User {user}  password {password}"),
    "stay": (
        "按 Ctrl-C 结束;演示数据随之清除(案卷以 --keep 保留)",
        "Ctrl-C ends it; the demo's own folder goes with it (--keep leaves the package)",
    ),
    "ended": ("已全部停止", "Everything the demo started has ended"),
}


class Words:
    """The sentences of one language."""

    def __init__(self, language: str) -> None:
        self._column = LANGUAGES.index(language)

    def say(self, key: str, **facts: object) -> str:
        """The sentence `key` with its facts filled in. Raises KeyError where it is unknown."""
        return _WORDS[key][self._column].format(**facts)
