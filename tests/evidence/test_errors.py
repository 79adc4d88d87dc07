"""An error tells a program its code and its facts, and a person what was expected."""

from edge.evidence import errors
from edge.evidence.errors import EvidenceError, FieldError, ProofError


def test_message_names_expected_and_found() -> None:
    error = FieldError("recording/v1.file.size", expected="an integer", found="'x'")
    assert str(error) == "recording/v1.file.size: expected an integer, found 'x'"
    assert error.facts == {
        "what": "recording/v1.file.size",
        "expected": "an integer",
        "found": "'x'",
    }


def test_more_facts_stand_beside_them() -> None:
    assert ProofError("x", expected=1, found=2, index=7).facts["index"] == 7


def test_long_input_is_not_repeated_whole() -> None:
    error = FieldError("x", expected="short", found="y" * 100_000)
    assert len(str(error)) < 400
    assert "100000 characters" in str(error)


def test_every_class_has_a_code_of_its_own() -> None:
    classes = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, EvidenceError)
    ]
    codes = [kind.code for kind in classes]
    assert len(classes) > 15
    assert len(set(codes)) == len(codes)
    assert all(code == code.upper() for code in codes)
