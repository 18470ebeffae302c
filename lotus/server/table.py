"""All routes of the API. An entry here is a handler and its part of the OpenAPI document; nothing
else is.
"""

from __future__ import annotations

from lotus.api.estimates import Estimate
from lotus.server.answers import (
    Asset,
    CampaignAnswer,
    CompositionAnswer,
    Costs,
    Generation,
    ModelEntry,
    Page,
    UploadAddress,
)
from lotus.server.calls import assets, compositions, edits, generations, library, uploads
from lotus.server.calls.paging import Paging
from lotus.server.calls.views import API
from lotus.server.requests import (
    AssetAddress,
    CompositionRequest,
    Edit,
    GenerationRequest,
    UploadRequest,
)
from lotus.server.routes import Route
from lotus.store.objects import content_type
from lotus.store.uploads import SUFFIXES

__all__ = ["ROUTES"]

MOMENT = 0.25  # seconds: as often as events are looked for

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        f"{API}/generations",
        "Queue a video",
        generations.create,
        Generation,
        status=202,
        body=GenerationRequest,
        errors=(409,),
        idempotent=True,
    ),
    Route(
        "GET",
        f"{API}/generations",
        "List generations",
        generations.list_,
        Page[Generation],
        query=generations.GenerationFilters,
        shared_seconds=MOMENT,
    ),
    Route(
        "GET",
        f"{API}/generations/{{id}}",
        "One generation, with its scenes and its storyboard",
        generations.show,
        Generation,
        shared_seconds=MOMENT,
    ),
    Route(
        "DELETE",
        f"{API}/generations/{{id}}",
        "Delete a finished generation with its video",
        generations.delete,
        None,
        status=204,
        errors=(409,),
    ),
    Route(
        "POST",
        f"{API}/generations/{{id}}/cancel",
        "Cancel a generation; finished clips are kept",
        generations.cancel,
        Generation,
        errors=(409,),
    ),
    Route(
        "POST",
        f"{API}/generations/{{id}}/retry",
        "Retry a failed or cancelled generation; finished clips are reused",
        generations.retry,
        Generation,
        status=202,
        errors=(409,),
    ),
    Route(
        "POST",
        f"{API}/generations/{{id}}/edits",
        "Queue an edited version, which reuses everything that did not change",
        edits.edit,
        Generation,
        status=202,
        body=Edit,
        errors=(409,),
        idempotent=True,
    ),
    Route(
        "GET",
        f"{API}/generations/{{id}}/versions",
        "All versions of a generation, including itself, the oldest first (at most the newest 50)",
        generations.versions,
        Page[Generation],
        shared_seconds=MOMENT,
    ),
    Route(
        "GET",
        f"{API}/generations/{{id}}/estimate",
        "Estimate of a generation's cost if it ran now",
        generations.estimate_of,
        Estimate,
        errors=(409,),
    ),
    Route(
        "GET",
        f"{API}/generations/{{id}}/events",
        "Follow a generation (server-sent events; Last-Event-ID resumes)",
        generations.row_of,
        None,
        kind="events",
    ),
    Route(
        "POST",
        f"{API}/estimates",
        "Estimate of a video's cost, before it is queued",
        generations.estimate,
        Estimate,
        body=GenerationRequest,
    ),
    Route(
        "POST",
        f"{API}/compositions",
        "Queue the rendering of a timeline",
        generations.compose,
        Generation,
        status=202,
        body=CompositionRequest,
        errors=(409,),
        idempotent=True,
    ),
    Route(
        "GET",
        f"{API}/compositions/{{id}}",
        "One rendered video",
        compositions.show,
        CompositionAnswer,
    ),
    Route(
        "GET",
        f"{API}/compositions/{{id}}/{{file}}",
        "Download the video, its poster or its captions (ranges; a redirect where a bucket has "
        "them)",
        compositions.file,
        None,
        kind="download",
        media=tuple(map(content_type, compositions.FILES)),
    ),
    Route(
        "POST",
        f"{API}/assets",
        "Upload a picture (50 MiB), a sound (100 MiB) or a video (500 MiB): the bytes are the body",
        assets.keep,
        Asset,
        status=201,
        query=assets.UploadName,
        kind="upload",
        errors=(411, 413),
    ),
    Route(
        "POST",
        f"{API}/assets/downloads",
        "Store a file at a public address as an asset",
        assets.download,
        Asset,
        status=201,
        body=AssetAddress,
    ),
    Route(
        "POST",
        f"{API}/assets/uploads",
        "Address for a direct upload, in the bucket if there is one",
        uploads.begin,
        UploadAddress,
        status=201,
        body=UploadRequest,
    ),
    Route(
        "POST",
        f"{API}/assets/uploads/{{id}}/complete",
        "Store the uploaded file as an asset",
        uploads.complete,
        Asset,
        status=201,
        errors=(409, 413),
    ),
    Route(
        "GET", f"{API}/assets", "List assets", assets.list_, Page[Asset], query=assets.AssetFilters
    ),
    Route("GET", f"{API}/assets/{{asset}}", "One asset", assets.show, Asset),
    Route(
        "GET",
        f"{API}/assets/{{asset}}/content",
        "Download an asset (supports ranges; redirects if a bucket holds it)",
        assets.content,
        None,
        kind="download",
        media=tuple(sorted({content_type(f"x{suffix}") for suffix in SUFFIXES})),
    ),
    Route("GET", f"{API}/costs", "The ledger, grouped", library.costs, Costs, query=library.By),
    Route(
        "GET",
        f"{API}/models",
        "Hosted models",
        library.models,
        Page[ModelEntry],
        query=library.TaskQuery,
    ),
    Route(
        "GET",
        f"{API}/campaigns",
        "List campaigns",
        library.campaigns,
        Page[CampaignAnswer],
        query=Paging,
    ),
    Route("GET", f"{API}/campaigns/{{id}}", "One campaign", library.campaign, CampaignAnswer),
)
