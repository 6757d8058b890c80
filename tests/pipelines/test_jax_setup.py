"""How JAX is set up for a command."""

import subprocess
import sys

CODE = """
import os
from pipelines.jax_setup import configure
configure({cache!r}, devices=3)
import jax
print(jax.device_count(), os.environ["PJRT_NPROC"])
"""


def test_devices_of_a_cpu_have_threads_to_hand_work_to(tmp_path) -> None:
    """With as many threads as devices, a training on windows of motion waited for ever."""
    code = CODE.format(cache=str(tmp_path))
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    devices, threads = map(int, printed.split())
    assert devices == 3
    assert threads >= 2 * devices
