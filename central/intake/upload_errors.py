"""What the upload listener refuses; `status` is the HTTP answer that tus or HTTP gives it."""

from typing import ClassVar

from central.errors import CentralError
from central.intake.deposit import UploadDigestError
from central.vault import VaultDamagedError


class UploadRefusedError(CentralError):
    """Base of the refusals of one request; nothing that was received is lost by them."""

    code = "UPLOAD_REFUSED"
    status: ClassVar[int] = 400


class MalformedUploadError(UploadRefusedError):
    """A header is missing or unreadable."""

    code = "UPLOAD_MALFORMED"


class TusVersionError(UploadRefusedError):
    """Another version of tus than 1.0.0."""

    code = "TUS_VERSION"
    status = 412


class NotYoursError(UploadRefusedError):
    """The certificate is not the one of the station that sealed the manifest."""

    code = "UPLOAD_NOT_YOURS"
    status = 403


class ManifestNotLoggedError(UploadRefusedError):
    """No manifest of this digest is in the log (yet): publish it first, then try again."""

    code = "MANIFEST_NOT_LOGGED"
    status = 409


class SizeMismatchError(UploadRefusedError):
    """Upload-Length is not the size that the manifest says."""

    code = "UPLOAD_SIZE_MISMATCH"


class AlreadyStoredError(UploadRefusedError):
    """Footage and receipt exist; the receipt was queued for the station."""

    code = "ALREADY_STORED"
    status = 409


class UnknownUploadError(UploadRefusedError):
    """No upload was begun under this name."""

    code = "UPLOAD_UNKNOWN"
    status = 404


class OffsetMismatchError(UploadRefusedError):
    """Upload-Offset is not how many bytes are here."""

    code = "UPLOAD_OFFSET_MISMATCH"
    status = 409


class ChecksumMismatchError(UploadRefusedError):
    """The bytes of this request are not those of its Upload-Checksum; they are dropped."""

    code = "UPLOAD_CHECKSUM_MISMATCH"
    status = 460


class TooLongError(UploadRefusedError):
    """More bytes than the manifest says."""

    code = "UPLOAD_TOO_LONG"
    status = 413


class WrongMediaTypeError(UploadRefusedError):
    """tus wants application/offset+octet-stream."""

    code = "UPLOAD_MEDIA_TYPE"
    status = 415


class InterruptedUploadError(UploadRefusedError):
    """A newer request of the station took this upload over; what came is kept."""

    code = "UPLOAD_INTERRUPTED"
    status = 423


class DiskFullError(UploadRefusedError):
    """Too little room is left; what came is kept and the station may go on later."""

    code = "DISK_FULL"
    status = 507


class MethodRefusedError(UploadRefusedError):
    """Not a method of this resource."""

    code = "METHOD_REFUSED"
    status = 405


class DeleteRefusedError(UploadRefusedError):
    """Nothing that arrived can be deleted by anyone."""

    code = "DELETE_REFUSED"
    status = 405


def status_of(error: CentralError) -> int:
    """The HTTP status of a refusal."""
    if isinstance(error, UploadRefusedError):
        return error.status
    if isinstance(error, UploadDigestError):
        return 422
    return 503 if isinstance(error, VaultDamagedError) else 500
