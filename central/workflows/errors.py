"""What the acts of people are refused for. Each is a coded answer; nothing has changed."""

from central.errors import CentralError


class WorkflowError(CentralError):
    """Base of what a workflow refuses."""

    code = "REFUSED"


class UnknownError(WorkflowError):
    """Something was named that does not exist."""

    code = "UNKNOWN"


class RecordingUnknownError(UnknownError):
    code = "RECORDING_UNKNOWN"


class CaseUnknownError(UnknownError):
    code = "CASE_UNKNOWN"


class ExportUnknownError(UnknownError):
    code = "EXPORT_UNKNOWN"


class ConflictError(WorkflowError):
    """The act does not fit what is there already."""

    code = "CONFLICT"


class CaseNumberTakenError(ConflictError):
    code = "CASE_NUMBER_TAKEN"


class AlreadyLinkedError(ConflictError):
    code = "CASE_ALREADY_LINKED"


class NotLinkedError(ConflictError):
    code = "CASE_NOT_LINKED"


class NotStoredError(ConflictError):
    """The footage is not at central yet; its manifest is."""

    code = "FOOTAGE_NOT_STORED"


class ExportNotStoredError(NotStoredError):
    """A package needs the footage of every recording it names."""

    code = "EXPORT_NOT_STORED"


class ExportEmptyError(ConflictError):
    """There is nothing to hand out."""

    code = "EXPORT_EMPTY"


class WordsRefusedError(WorkflowError):
    """A number, title, reason or purpose that cannot go into a statement."""

    code = "WORDS_REFUSED"
