"""The addresses of the comms review."""

from starlette.routing import Route

from console.web.comms import batches, grants, lane, review


def comms_routes() -> list[Route]:
    """All of them, below /comms."""
    return [
        Route("/comms", lane.lane),
        Route("/comms/batches", batches.batches),
        Route("/comms/batches/preview", batches.preview, methods=["POST"]),
        Route("/comms/batches/close", batches.close, methods=["POST"]),
        Route("/comms/batches/undo", batches.undo, methods=["POST"]),
        Route("/comms/grants", grants.grants),
        Route("/comms/grants", grants.give, methods=["POST"]),
        Route("/comms/grants/end", grants.end, methods=["POST"]),
        Route("/comms/item/{ref}", review.review),
        Route("/comms/item/{ref}/reveal", review.reveal, methods=["POST"]),
        Route("/comms/item/{ref}/hide", review.hide, methods=["POST"]),
        Route("/comms/item/{ref}/{verb}", review.act, methods=["POST"]),
    ]
