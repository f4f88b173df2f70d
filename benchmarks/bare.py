"""The least a Flask application can do: the floor every door is compared with."""

from flask import Flask

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def bare() -> dict[str, str]:
    return {"status": "ok"}
