"""The limit ours is held against: bare Flask that gives back the JSON it gets."""

from typing import Any

from flask import Flask, request

app = Flask(__name__)


@app.post("/echo")
def echo() -> Any:
    """Give back the body, read and written as JSON."""
    return request.get_json()
