"""Stations and the quarantine: how the fleet is, and what was refused and why."""

from asyncio import to_thread

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from central.api.guard import TheDesk, Watcher
from central.web.render import page
from central.workflows.find import list_quarantine, list_stations

router = APIRouter()
QUIET_MS = 5 * 60 * 1000
"""A station that was not heard for longer is shown as silent."""


@router.get("/stations")
async def stations(request: Request, desk: TheDesk, _caller: Watcher) -> Response:
    found = await to_thread(list_stations, desk.site)
    now = desk.site.now()
    silent = {
        each.id
        for each in found
        if each.heartbeat is None or now.minus(each.heartbeat.received) > QUIET_MS
    }
    return page(request, "stations.html", {"items": found, "silent": silent})


@router.get("/quarantine")
async def quarantine(request: Request, desk: TheDesk, _caller: Watcher) -> Response:
    found = await to_thread(list_quarantine, desk.site)
    return page(request, "quarantine.html", {"items": found})
