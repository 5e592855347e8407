"""A presentation: scenes that are played one after the other, each on the page that shows it.

The scenes come from whoever starts the server; a strip below every page leads forward and back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final

from flask import Blueprint, Flask, Response, current_app, request
from msgspec import Struct
from werkzeug.exceptions import NotFound

from codat_mock.http.portal import developer_page
from codat_mock.http.portal.link import see

blueprint = Blueprint("portal_presentation", __name__)

PATH: Final = "/portal/presentation"
PRESENTATION: Final = "codat_mock.presentation"  # the app's setting that holds it
# What a page of a presentation may do besides: run the script for the keys.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; script-src 'self'; connect-src 'self';"
    " form-action http: https:; base-uri 'none'; frame-ancestors 'none'"
)


class Scene(Struct, frozen=True, kw_only=True):
    """A scene.

    Args:
        title: a few words.
        sentence: for the audience.
        page: gives the path of the page that shows it, once it is played.
        play: does what happens in it.
    """

    title: str
    sentence: str
    page: Callable[[], str]
    play: Callable[[], None] = lambda: None


class Presentation:
    """The scenes, and which of them is shown; going back undoes nothing.

    Args:
        scenes: in their order.
    """

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self.scenes = scenes
        self.place = 0
        self._played = 0
        self._lock = Lock()

    @property
    def scene(self) -> Scene:
        """The scene that is shown."""
        return self.scenes[self.place]

    @property
    def token(self) -> str:
        """The token that the strip's forms carry."""
        return developer_page.token()

    def show(self, place: int) -> str:
        """Play what was not played yet until a scene, and give the path of its page.

        Args:
            place: of the scene, from 0; one that does not exist is the nearest.
        """
        with self._lock:
            chosen = min(max(place, 0), len(self.scenes) - 1)
            for scene in self.scenes[self._played : chosen + 1]:
                scene.play()
                self._played += 1
            page = self.scenes[chosen].page()
            self.place = chosen  # now, so that an open page does not show the next scene's words
            return page


def present(app: Flask, presentation: Presentation) -> None:
    """Show a presentation on an application's pages."""
    app.config[PRESENTATION] = presentation


def shown() -> Presentation | None:
    """The presentation that is shown, if there is one."""
    found: Presentation | None = current_app.config.get(PRESENTATION)
    return found


def presentation() -> Presentation:
    """The presentation that is shown.

    Raises:
        NotFound: there is none.
    """
    found = shown()
    if found is None:
        raise NotFound
    return found


@blueprint.get(PATH)
def begin() -> Response:
    """Go to the page of the scene that is shown."""
    found = presentation()
    return see(found.show(found.place))


@blueprint.post(PATH)
def go() -> Response:
    """Go to another scene."""
    found = presentation()
    developer_page.check_token()
    to = request.form.get("to", "")
    is_number = to.isascii() and to.isdecimal() and len(to) < 5
    return see(found.show(int(to) if is_number else found.place))
