"""A minimal Flask application: the baseline of the benchmarks."""

from flask import Flask

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def bare() -> dict[str, str]:
    return {"status": "ok"}
