"""/stations, /quarantine and /health: how the fleet is, what was refused, whether we are up."""

from asyncio import to_thread

from central.api import models, shapes
from central.api.guard import NoParameters, TheDesk, Watcher, refusals
from central.api.routing import ApiRouter
from central.workflows.find import count_leaves, list_quarantine, list_stations

router = ApiRouter()


@router.get("/stations", tags=["fleet"], summary="Enrolled stations", responses=refusals())
async def stations(desk: TheDesk, _caller: Watcher, _query: NoParameters) -> models.StationList:
    found = await to_thread(list_stations, desk.site)
    return models.StationList(items=[shapes.station(each) for each in found])


@router.get(
    "/quarantine", tags=["fleet"], summary="What was refused, newest first", responses=refusals()
)
async def quarantine(desk: TheDesk, _caller: Watcher, _query: NoParameters) -> models.RefusalList:
    found = await to_thread(list_quarantine, desk.site)
    return models.RefusalList(items=[shapes.refusal(each) for each in found])


@router.get("/health", tags=["health"], summary="Whether central answers; public")
async def health(desk: TheDesk, _query: NoParameters) -> models.Health:
    """Reads the index once; says nothing that is not in the public log."""
    leaves = await to_thread(count_leaves, desk.site)
    newest = await to_thread(desk.site.witnessed.newest)
    witnessed = 0 if newest is None else newest.size
    return models.Health(status="ok", site=desk.site.name, leaves=leaves, witnessed=witnessed)
