"""A verb that may not happen now. Its text is for the person who asked: what is so, and what to do."""


class Refusal(Exception):
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
