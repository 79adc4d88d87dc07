"""The site of an open data folder: the embedded default, with its write-once folder."""

from central.opening import OpenCentral
from central.vault.folder import FolderVault
from central.workflows.site import Site
from edge import clock


def site_of(central: OpenCentral) -> Site:
    """What the workflows work with, of an open data folder."""
    return Site(
        name=central.config.central.name,
        folder=central.folder,
        store=central.store,
        log=central.log,
        reader=central.reader,
        witnessed=central.witnessed,
        vault=FolderVault(central.folder.vault),
        key=central.key,
        retention_days=central.config.retention.days,
        now=clock.now,
        export_wait=float(central.config.witnesses.wait_seconds),
    )
