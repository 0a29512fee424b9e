"""As much of Airflow 3 as the program Etl of the page needs, on a free port of loopback, which it prints."""
import http.server
import json

RUNS = "/api/v2/dags/etl/dagRuns"
triggered = []


class Airflow(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def is_known(self):
        known = self.headers.get("Authorization") == "Bearer t"
        if not known:
            self.answer(401, {"detail": "Not authenticated"})
        return known

    def do_GET(self):
        if self.path == "/api/v2/version":
            self.answer(200, {"version": "3.99.0"})
        elif self.is_known():
            asked = [run for run in triggered if self.path == f"{RUNS}/{run}"]
            if asked:
                ended = {"state": "success", "end_date": "2026-01-01T00:00:09Z"}
                self.answer(200, {"dag_run_id": asked[0], "dag_id": "etl", **ended})
            else:
                self.answer(404, {"detail": "The DagRun was not found"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            right = body == {"username": "admin", "password": "secret"}
            self.answer(201 if right else 401, {"access_token": "t"} if right else {"detail": "Invalid credentials"})
        elif self.is_known() and self.path == RUNS:
            triggered.append(body["dag_run_id"])
            self.answer(200, {"dag_run_id": triggered[-1], "dag_id": "etl", "state": "queued"})

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Airflow)
print(server.server_address[1], flush=True)
server.serve_forever()
