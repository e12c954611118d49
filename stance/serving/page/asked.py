"""The bodies that the page sends, with the limits of this server."""

from typing import Annotated

from pydantic import Field, model_validator

from stance.serving.asking import Body
from stance.serving.config import ServeConfig
from stance.serving.page.marks import Mark


class Bodies:
    """A model for each route."""

    def __init__(self, config: ServeConfig) -> None:
        sentence = Annotated[str, Field(min_length=1, max_length=config.max_text_characters)]
        around = Annotated[str, Field(max_length=config.max_text_characters)]
        article = Annotated[str, Field(min_length=1, max_length=config.max_document_characters)]
        question = Annotated[str, Field(min_length=1, max_length=config.max_target_characters)]

        class Source(Body):
            """One of: a text, the source of a page, an address."""

            text: article | None = None
            html: str | None = None
            url: Annotated[str, Field(max_length=2000)] | None = None

            @model_validator(mode="after")
            def _one(self) -> "Source":
                if sum(value is not None for value in (self.text, self.html, self.url)) != 1:
                    raise ValueError("give one of text, html, url")
                return self

        class Chosen(Body):
            """A sentence that a reader chose."""

            text: sentence
            target: question
            before: around = ""
            after: around = ""

        class Compared(Body):
            """An article as it was read, for the second model."""

            text: article
            targets: Annotated[list[question], Field(min_length=1, max_length=config.max_targets)]

        class Correction(Body):
            """A label for sentence number `sentence`, or the id of the correction that is taken back."""

            id: Annotated[str, Field(min_length=8, max_length=64)]
            coder: Annotated[str, Field(min_length=1, max_length=60)]
            text: article
            sentence: Annotated[int, Field(ge=0)]
            target: question
            label: str | None = None
            undoes: Annotated[str, Field(max_length=64)] | None = None
            note: Annotated[str, Field(max_length=500)] = ""

        class Marks(Body):
            """Labels to write as stand-off annotations."""

            text: article
            url: Annotated[str, Field(max_length=2000)] | None = None
            marks: Annotated[list[Mark], Field(max_length=20_000)]

        self.source, self.chosen, self.compared = Source, Chosen, Compared
        self.correction, self.marks = Correction, Marks
