"""Which address of the tuner is answered by what."""

from starlette.routing import Route

from console.web.tuning import missed, page, trying, version


def tuner_routes() -> list[Route]:
    """All of them; each checks the officer's role itself."""
    return [
        Route("/tuner", page.tuner),
        Route("/tuner/answer", page.answer),
        Route("/tuner/draft", version.draft, methods=["POST"]),
        Route("/tuner/freeze", version.freeze, methods=["POST"]),
        Route("/tuner/try", trying.form),
        Route("/tuner/try", trying.tried, methods=["POST"]),
        Route("/tuner/version/{number}", version.version),
        Route("/tuner/version/{number}/missed", missed.missed),
        Route("/tuner/version/{number}/missed", missed.note, methods=["POST"]),
        Route("/tuner/version/{number}/acknowledge", version.acknowledge, methods=["POST"]),
        Route("/tuner/version/{number}/{move}", version.move, methods=["POST"]),
    ]
