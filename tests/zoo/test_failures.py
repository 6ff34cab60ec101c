"""What passes, and what stays so until the process ends."""

import errno

import pytest
import torch

from busdemo.zoo.failures import explain
from busdemo.zoo.files import NotNow, UnusableModel


def caused_by(cause: BaseException) -> RuntimeError:
    error = RuntimeError("The layer failed.")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("HIP ran out"),
        RuntimeError("could not create a primitive"),
        RuntimeError("std::bad_alloc"),
        Exception("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer"),
        OSError(errno.EBUSY, "Device or resource busy"),
        caused_by(MemoryError()),
        NotNow("Its weights are being downloaded (3%)."),
    ],
    ids=repr,
)
def test_what_lies_in_the_machine_passes(error: BaseException) -> None:
    assert isinstance(explain(error, "It cannot run."), NotNow)


@pytest.mark.parametrize(
    "error",
    [
        NotImplementedError("Could not run 'aten::x' on the backend out of memory formats"),
        RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
        IndexError("list index out of range"),
        KeyError("encoder"),
    ],
    ids=repr,
)
def test_what_lies_in_the_network_stays(error: BaseException) -> None:
    told = explain(error, "It cannot run.")
    assert type(told) is UnusableModel
    assert str(told) == "It cannot run."
