package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cairn.cli.shared.ExitCode;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The HTTP API of a daemon that is a process of its own, over real connections. */
final class HttpApiTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    private static CairnProcess daemon;
    private static String address;
    private static String token;
    private static String readToken;

    @BeforeAll
    static void start() throws Exception {
        Files.writeString(folder.resolve("flow.yaml"), """
                name: count
                schedule: {cron: "@yearly"}
                defaults: {checkpoint: {every: never}}
                inputs: {to: {type: integer, default: 5}}
                steps:
                  - id: count
                    run: |
                      exec 3>> counted-${{ inputs.to }}
                      for i in $(seq 1 ${{ inputs.to }}); do echo $i >&3; echo line $i; sleep 0.05; done
                """);
        Files.writeString(folder.resolve("hostile.yaml"), """
                name: "<script>alert(1)</script>"
                steps:
                  - id: s
                    run: printf '<script>alert(2)</script>\\033[31mred\\n\\377\\376 not utf-8\\n'; head -c 1000000 /dev/zero | tr '\\0' x
                """);
        cairn("schedule", "add", "flow.yaml");
        daemon = startDaemon();
        address = addressOfDaemon();
        token = cairn("daemon", "token").out().strip();
        readToken = cairn("daemon", "token", "--read-only").out().strip();
    }

    @AfterAll
    static void stop() throws Exception {
        daemon.signal("TERM");
        daemon.await();
        daemon.close();
    }

    private static CairnProcess startDaemon() throws Exception {
        return CairnProcess.startDaemon(folder, environment(), "--http", "0");
    }

    private static String addressOfDaemon() throws Exception {
        return JsonMapper.shared()
                .readTree(cairn("daemon", "status", "--json").out())
                .path("http")
                .asString();
    }

    private static Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
    }

    private static CairnProcess.Outcome cairn(String... words) throws Exception {
        return CairnProcess.run(folder, environment(), words);
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path)).timeout(Duration.ofSeconds(60));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return send(request(path).header("Authorization", "Bearer " + token));
    }

    private static JsonNode json(String path) throws Exception {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JsonMapper.shared().readTree(answer.body());
    }

    private static HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = request(path)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    private static JsonNode startRun(String file, String more) throws Exception {
        HttpResponse<String> started =
                post("/api/v1/runs", "{\"file\": \"" + folder.resolve(file) + "\", \"new\": true" + more + "}");
        assertThat(started.statusCode()).as(started.body()).isEqualTo(201);
        return JsonMapper.shared().readTree(started.body()).path("run");
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(condition);
    }

    private static void awaitState(String run, String state) {
        await(() -> json("/api/v1/runs/" + run).at("/run/state").asString().equals(state));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }

    @Test
    void tokensLieInFilesOfTheirOwner() throws Exception {
        for (String name : List.of("http-token", "http-token-read")) {
            Path file = folder.resolve("state/cairn").resolve(name);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
        assertThat(token).hasSize(43).isNotEqualTo(readToken);
    }

    @Test
    void answersOnlyThoseWithAToken() throws Exception {
        for (String wrong : List.of("", "Bearer ", "Bearer x", "Bearer " + token + "x", "Basic " + token, token)) {
            HttpResponse<String> answer = send(request("/api/v1/runs").header("Authorization", wrong));
            assertThat(answer.statusCode()).as(wrong).isEqualTo(401);
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
            assertThat(JsonMapper.shared()
                            .readTree(answer.body())
                            .path("status")
                            .asInt())
                    .isEqualTo(401);
        }
        assertThat(send(request("/api/v1/runs?token=" + token)).statusCode()).isEqualTo(401);
    }

    @Test
    void aReadOnlyTokenChangesNothing() throws Exception {
        assertThat(send(request("/api/v1/runs").header("Authorization", "Bearer " + readToken))
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> answer = send(request("/api/v1/runs")
                .header("Authorization", "Bearer " + readToken)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{}")));
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("this token may only read");
    }

    @Test
    void refusesOtherHostsAndOriginsEvenWithTheToken() throws Exception {
        for (String headers : List.of("Host: evil.example", "Host: localhost\r\nOrigin: http://evil.example")) {
            String answer = raw("GET /api/v1/runs HTTP/1.1\r\nConnection: close\r\n" + headers
                    + "\r\nAuthorization: Bearer " + token + "\r\n\r\n");
            assertThat(answer).startsWith("HTTP/1.1 403 ").contains("application/problem+json");
        }
    }

    @Test
    void leavesNoWayOutOfARunThroughItsPath() throws Exception {
        String run = startRun("flow.yaml", "").path("id").asString();
        for (String path : List.of(
                "/api/v1/runs/..%2F..",
                "/api/v1/runs/%2e%2e",
                "/api/v1/runs/" + run + "%2F..",
                "/api/v1/runs/" + run + "/steps/..%2F../logs",
                "/api/v1/runs/" + run + "/steps/%2e%2e/logs",
                "/api/v1/runs/" + run + "/steps/%00/logs",
                "/api/v1/runs//steps")) {
            assertThat(raw("GET " + path + " HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nAuthorization: Bearer "
                            + token + "\r\n\r\n"))
                    .as(path)
                    .startsWith("HTTP/1.1 404 ");
        }
        assertThat(raw("GET /api/v1/runs/%zz HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
        awaitState(run, "succeeded");
    }

    private static String raw(String request) throws IOException {
        URI uri = URI.create(address);
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    @Test
    void showsARunAsTheCommandLineDoes() throws Exception {
        String run = startRun("flow.yaml", ", \"key\": \"as-shown\"").path("id").asString();
        awaitState(run, "succeeded");
        assertThat(json("/api/v1/runs/as-shown"))
                .isEqualTo(JsonMapper.shared()
                        .readTree(cairn("show", "--json", run).out()));
        assertThat(json("/api/v1/runs/" + run + "/report"))
                .isEqualTo(JsonMapper.shared()
                        .readTree(cairn("report", "--json", run).out()));
        assertThat(json("/api/v1/runs/" + run + "/steps/count/attempts")
                        .at("/attempts/0/cause")
                        .asString())
                .isEqualTo("success");
        assertThat(get("/api/v1/runs/" + run + "/steps/count/logs").body()).isEqualTo(lines(1, 5));
        HttpResponse<String> part = get("/api/v1/runs/" + run + "/steps/count/logs?offset=7&limit=7");
        assertThat(part.body()).isEqualTo("line 2\n");
        assertThat(part.headers().firstValue("Cairn-Log-Next")).contains("14");
        HttpResponse<String> none = get("/api/v1/runs/no-such");
        assertThat(none.statusCode()).isEqualTo(404);
        assertThat(JsonMapper.shared().readTree(none.body()).path("detail").asString())
                .contains("there is no run 'no-such'");
    }

    private static String lines(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(i -> "line " + i + "\n").reduce("", String::concat);
    }

    @Test
    void answersWithATagThatSavesTheNextAnswer() throws Exception {
        String run = startRun("flow.yaml", "").path("id").asString();
        awaitState(run, "succeeded");
        String tag = get("/api/v1/runs/" + run).headers().firstValue("ETag").orElseThrow();
        HttpResponse<String> again = send(request("/api/v1/runs/" + run)
                .header("Authorization", "Bearer " + token)
                .header("If-None-Match", tag));
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
    }

    @Test
    void pagesThroughAllRunsByCursor() throws Exception {
        for (int i = 0; i < 3; i++) {
            awaitState(startRun("flow.yaml", "").path("id").asString(), "succeeded");
        }
        List<String> ids = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = json("/api/v1/runs?workflow=count&state=succeeded&limit=1&cursor=" + cursor);
            page.path("runs").forEach(run -> ids.add(run.path("id").asString()));
            cursor = page.path("next").asString("");
        } while (!cursor.isEmpty());
        List<String> all = new ArrayList<>();
        json("/api/v1/runs?workflow=count&state=succeeded")
                .path("runs")
                .forEach(run -> all.add(run.path("id").asString()));
        assertThat(ids).hasSizeGreaterThanOrEqualTo(3).isEqualTo(all);
        assertThat(get("/api/v1/runs?state=tired").statusCode()).isEqualTo(400);
        assertThat(get("/api/v1/runs?cursor=%21").statusCode()).isEqualTo(400);
    }

    @Test
    void seesARunThatNoDaemonStarted() throws Exception {
        cairn("exec", "--name", "by-hand", "-i", "never", "--", "echo", "hello");
        assertThat(json("/api/v1/runs?name=by-hand").at("/runs/0/state").asString())
                .isEqualTo("succeeded");
        assertThat(get("/api/v1/runs/by-hand/steps/main/logs").body()).isEqualTo("hello\n");
    }

    @Test
    void followsALogAndItsEventsAndGoesOnFromTheLastOneSeen() throws Exception {
        String run =
                startRun("flow.yaml", ", \"inputs\": {\"to\": 30}").path("id").asString();
        String log =
                get("/api/v1/runs/" + run + "/steps/count/logs?follow=true").body();
        if (log.contains("has not come to a step")) {
            await(() -> get("/api/v1/runs/" + run + "/steps/count/logs").statusCode() == 200);
            log = get("/api/v1/runs/" + run + "/steps/count/logs?follow=true").body();
        }
        assertThat(text(log)).isEqualTo(lines(1, 30));
        assertThat(log).contains("event: end");
        String rest = send(request("/api/v1/runs/" + run + "/steps/count/logs?follow=true")
                        .header("Authorization", "Bearer " + token)
                        .header("Last-Event-ID", "14"))
                .body();
        assertThat(text(rest)).isEqualTo(lines(3, 30));
        String events = get("/api/v1/runs/" + run + "/events?follow=true").body();
        assertThat(events).contains("\"event\":\"run_changed\"").contains("id: 1\n");
        String later = send(request("/api/v1/runs/" + run + "/events?follow=true")
                        .header("Authorization", "Bearer " + token)
                        .header("Last-Event-ID", "2"))
                .body();
        assertThat(later).doesNotContain("id: 2\n").contains("id: 3\n");
        assertThat(json("/api/v1/runs/" + run + "/events?after=2")
                        .at("/events/0/id")
                        .asInt())
                .isEqualTo(3);
    }

    /** What the events of a followed log say. */
    private static String text(String stream) {
        StringBuilder text = new StringBuilder();
        stream.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> JsonMapper.shared().readTree(line.substring(6)))
                .forEach(data -> text.append(data.path("text").asString("")));
        return text.toString();
    }

    @Test
    void checkpointsPausesUnpausesAndCancels() throws Exception {
        String run =
                startRun("flow.yaml", ", \"inputs\": {\"to\": 200}").path("id").asString();
        String at = "/api/v1/runs/" + run;
        await(() -> Files.exists(folder.resolve("counted-200")));
        JsonNode taken =
                JsonMapper.shared().readTree(post(at + "/checkpoint", "{}").body());
        assertThat(taken.at("/images/0/step").asString()).as(taken.toString()).isEqualTo("count");
        assertThat(post(at + "/unpause", "{}").statusCode()).isEqualTo(409);
        HttpResponse<String> paused = post(at + "/pause", "{}");
        assertThat(paused.statusCode()).as(paused.body()).isEqualTo(200);
        awaitState(run, "paused");
        assertThat(post(at + "/resume", "{}").body()).contains("is paused; resume it with: cairn unpause");
        assertThat(post(at + "/unpause", "{}").statusCode()).isEqualTo(202);
        awaitState(run, "running");
        HttpResponse<String> cancelled = post(at + "/cancel", "{}");
        assertThat(cancelled.statusCode()).as(cancelled.body()).isEqualTo(200);
        awaitState(run, "cancelled");
        HttpResponse<String> late = post(at + "/cancel", "{}");
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(late.body()).contains("has ended already: cancelled");
        assertThat(json(at).at("/steps/0/attempts/1/resumed_from").asInt()).isPositive();
    }

    @Test
    void approvesAndRejectsAStepThatWaits() throws Exception {
        Files.writeString(folder.resolve("approval.yaml"), """
                name: approval
                steps:
                  - {id: ok, approval: "Go?"}
                  - {id: done, run: "true"}
                """);
        String run = startRun("approval.yaml", "").path("id").asString();
        String approve = "/api/v1/runs/" + run + "/steps/ok/approve";
        await(() -> Files.exists(folder.resolve(".cairn/runs/" + run + "/steps/ok/attempts/001/approval.json")));
        HttpResponse<String> reader = send(
                request(approve).header("Authorization", "Bearer " + readToken).POST(BodyPublishers.ofString("{}")));
        assertThat(reader.statusCode()).isEqualTo(403);
        HttpResponse<String> other = post(approve.replace("/ok/", "/none/"), "{}");
        assertThat(other.statusCode()).as(other.body()).isEqualTo(404);
        HttpResponse<String> approved = post(approve, "{\"by\": \"ann\", \"message\": \"seen\"}");
        assertThat(approved.statusCode()).as(approved.body()).isEqualTo(200);
        JsonNode answer = JsonMapper.shared().readTree(approved.body());
        assertThat(answer.path("approved").asBoolean()).isTrue();
        assertThat(answer.at("/run/id").asString()).isEqualTo(run);
        awaitState(run, "succeeded");
        assertThat(post(approve, "{}").statusCode()).isEqualTo(409);

        String rejected = startRun("approval.yaml", "").path("id").asString();
        await(() -> Files.exists(folder.resolve(".cairn/runs/" + rejected + "/steps/ok/attempts/001/approval.json")));
        CairnProcess.Outcome said = cairn("approve", rejected, "--reject", "-m", "not today");
        assertThat(said.exitCode()).as(said.err()).isZero();
        assertThat(said.err()).contains("step ok: rejected by ", ": not today");
        awaitState(rejected, "failed");
        assertThat(cairn("approve", rejected).exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    }

    @Test
    void doesOnceWhatHasTheSameKey() throws Exception {
        String body = "{\"file\": \"" + folder.resolve("flow.yaml") + "\", \"new\": true}";
        HttpResponse<String> first = post("/api/v1/runs", body, "Idempotency-Key", "k 1");
        HttpResponse<String> second = post("/api/v1/runs", body, "Idempotency-Key", "k 1");
        assertThat(second.statusCode()).isEqualTo(201);
        assertThat(second.body()).isEqualTo(first.body());
        HttpResponse<String> other = post("/api/v1/runs", "{\"file\": \"/other\"}", "Idempotency-Key", "k 1");
        assertThat(other.statusCode()).isEqualTo(422);
        awaitState(JsonMapper.shared().readTree(first.body()).at("/run/id").asString(), "succeeded");
    }

    @Test
    void namesEachProblemOfAWorkflow() throws Exception {
        Files.writeString(folder.resolve("broken.yaml"), "name: b\nsteps: [{rn: 'true'}]\n");
        HttpResponse<String> answer = post("/api/v1/runs", "{\"file\": \"" + folder.resolve("broken.yaml") + "\"}");
        assertThat(answer.statusCode()).isEqualTo(422);
        JsonNode problem = JsonMapper.shared().readTree(answer.body());
        assertThat(problem.at("/problems/0").asString()).contains("broken.yaml:2:", "steps[0]");
        assertThat(post("/api/v1/runs", "{").statusCode()).isEqualTo(400);
        assertThat(post("/api/v1/runs", "{\"file\": \"flow.yaml\"}").statusCode())
                .isEqualTo(422);
    }

    @Test
    void triggersPausesAndBackfillsSchedules() throws Exception {
        assertThat(json("/api/v1/workflows").at("/workflows/0/workflow").asString())
                .isEqualTo("count");
        JsonNode schedule = json("/api/v1/schedules").at("/schedules/0");
        assertThat(schedule.path("id").asString()).isEqualTo("count.1");
        HttpResponse<String> triggered = post("/api/v1/schedules/count/trigger", "{}");
        assertThat(triggered.statusCode()).as(triggered.body()).isEqualTo(201);
        String key = JsonMapper.shared().readTree(triggered.body()).path("key").asString();
        await(() -> json("/api/v1/schedules/count/ticks")
                .path("ticks")
                .valueStream()
                .anyMatch(tick -> tick.path("key").asString().equals(key)
                        && tick.path("state").asString().equals("succeeded")));
        assertThat(json("/api/v1/runs/" + encoded(key)).at("/run/key").asString())
                .isEqualTo(key);
        assertThat(post("/api/v1/schedules/count/pause", "{}").body()).contains("count.1");
        assertThat(json("/api/v1/schedules/count").at("/schedules/0/paused").asBoolean())
                .isTrue();
        assertThat(post("/api/v1/schedules/count/unpause", "{}").body()).contains("count.1");
        JsonNode preview = JsonMapper.shared()
                .readTree(post(
                                "/api/v1/schedules/count/backfill",
                                "{\"from\": \"2020-01-01\", \"to\": \"2021-01-01\", \"dry_run\": true}")
                        .body());
        assertThat(preview.path("keys").size()).as(preview.toString()).isEqualTo(2);
        assertThat(get("/api/v1/schedules/none").body()).contains("there is no schedule");
    }

    @Test
    void aRestartOfTheDaemonGoesOnWithWhatARequestStarted() throws Exception {
        String run =
                startRun("flow.yaml", ", \"inputs\": {\"to\": 101}").path("id").asString();
        await(() -> Files.exists(folder.resolve("counted-101")));
        daemon.signal("TERM");
        daemon.await();
        daemon.close();
        assertThat(JsonMapper.shared()
                        .readTree(cairn("show", "--json", run).out())
                        .at("/run/state")
                        .asString())
                .isEqualTo("interrupted");
        daemon = startDaemon();
        address = addressOfDaemon();
        awaitState(run, "succeeded");
        assertThat(Files.readString(folder.resolve("counted-101")))
                .isEqualTo(IntStream.rangeClosed(1, 101).mapToObj(i -> i + "\n").reduce("", String::concat));
    }

    @Test
    void servesLogsOfAnyContentAsText() throws Exception {
        String run = startRun("hostile.yaml", "").path("id").asString();
        awaitState(run, "succeeded");
        HttpResponse<byte[]> log = CLIENT.send(
                request("/api/v1/runs/" + run + "/steps/s/logs?limit=262144")
                        .header("Authorization", "Bearer " + token)
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(log.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
        assertThat(log.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(log.body()).hasSize(262144);
        assertThat(new String(log.body(), ISO_8859_1)).contains("\u00ff\u00fe not utf-8");
        assertThat(text(get("/api/v1/runs/" + run + "/steps/s/logs?follow=true").body()))
                .startsWith("<script>alert(2)</script>\u001b[31mred\n")
                .endsWith("xxx");
    }

    @Test
    void answersARangeOfALog() throws Exception {
        String run =
                startRun("flow.yaml", ", \"inputs\": {\"to\": 3}").path("id").asString();
        awaitState(run, "succeeded");
        assertThat(range(run, "bytes=0-5")).isEqualTo("206 bytes 0-5/21 line 1");
        assertThat(range(run, "bytes=7-")).isEqualTo("206 bytes 7-20/21 line 2\nline 3\n");
        assertThat(range(run, "bytes=-7")).isEqualTo("206 bytes 14-20/21 line 3\n");
        assertThat(range(run, "bytes=21-")).startsWith("416 bytes */21 ");
        for (String ignored : List.of("bytes=5-1", "bytes=-", "lines=1-2", "bytes=0-1,3-4")) {
            assertThat(range(run, ignored)).as(ignored).isEqualTo("200  line 1\nline 2\nline 3\n");
        }
    }

    private static String range(String run, String range) throws Exception {
        HttpResponse<String> answer = send(request("/api/v1/runs/" + run + "/steps/count/logs")
                .header("Authorization", "Bearer " + token)
                .header("Range", range));
        return answer.statusCode() + " "
                + answer.headers().firstValue("Content-Range").orElse("") + " " + answer.body();
    }

    @Test
    void uiShowsAHomeToTheBrowserThatOpensItsAddressFirst() throws Exception {
        assertThat(cairn("exec", "--name", "shown-by-ui", "--", "true").exitCode())
                .isZero();
        try (CairnProcess ui = CairnProcess.start(folder, environment(), Path.of("/dev/null"), "ui", "--no-browser")) {
            await(() -> ui.out().contains("/login?code="));
            URI login = URI.create(ui.out().strip());
            HttpResponse<String> first = send(HttpRequest.newBuilder(login));
            assertThat(first.statusCode()).isEqualTo(303);
            String cookie =
                    first.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
            HttpResponse<String> runs =
                    send(HttpRequest.newBuilder(login.resolve("/runs")).header("Cookie", cookie));
            assertThat(runs.statusCode()).isEqualTo(200);
            assertThat(runs.body()).contains("shown-by-ui");
            HttpResponse<String> second = send(HttpRequest.newBuilder(login));
            assertThat(second.headers().firstValue("Set-Cookie")).isEmpty();
            assertThat(second.body()).contains("not valid");
            ui.signal("INT");
            assertThat(ui.await().exitCode()).isZero();
        }
    }

    @Test
    void refusesToBeReadOnTheWayUnlessItIsAllowed() throws Exception {
        CairnProcess.Outcome refused = cairn("daemon", "--foreground", "--http", "0.0.0.0:0");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains("--tls-cert", "--http-unencrypted");
        assertThat(cairn("daemon", "--foreground", "--http", "0", "--tls-cert", "x")
                        .err())
                .contains("need each other");
        assertThat(cairn("daemon", "--foreground", "--http", "65536").exitCode())
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void describesExactlyWhatItAnswers() throws Exception {
        HttpResponse<String> answer = send(request("/api/v1/openapi.json"));
        JsonNode document = JsonMapper.shared().readTree(answer.body());
        assertThat(document.path("openapi").asString()).isEqualTo("3.1.0");
        List<String> ids = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                ids.add(operation.getValue().path("operationId").asString());
                String place = path.getKey().replaceAll("\\{[a-z]+}", "none");
                HttpResponse<String> unauthorized = send(request(place)
                        .method(operation.getKey().toUpperCase(java.util.Locale.ROOT), BodyPublishers.noBody()));
                assertThat(unauthorized.statusCode())
                        .as(operation.getKey() + " " + place)
                        .isEqualTo(operation.getValue().has("security") ? 200 : 401);
            }
        }
        assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(20);
        assertThat(get("/api/v1/none").statusCode()).isEqualTo(404);
        assertThat(post("/api/v1/openapi.json", "{}").statusCode()).isEqualTo(405);
    }

    private static String logIn() throws Exception {
        HttpResponse<String> answer = form("/login", "token=" + token, "");
        assertThat(answer.statusCode()).isEqualTo(303);
        String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).contains("HttpOnly", "SameSite=Strict").doesNotContain(token);
        return cookie.replaceFirst(";.*", "");
    }

    private static HttpResponse<String> form(String path, String body, String cookie) throws Exception {
        return send(request(path)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Cookie", cookie)
                .POST(BodyPublishers.ofString(body)));
    }

    @Test
    void showsPagesOnlyToThoseWhoHaveLoggedIn() throws Exception {
        HttpResponse<String> stranger = send(request("/runs"));
        assertThat(stranger.statusCode()).isEqualTo(303);
        assertThat(stranger.headers().firstValue("Location")).contains("/login");
        assertThat(form("/login", "token=wrong", "").headers().firstValue("Set-Cookie"))
                .isEmpty();
        HttpResponse<String> page = send(request("/runs").header("Cookie", logIn()));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(send(request("/schedules").header("Cookie", logIn())).body()).contains("count.1");
    }

    @Test
    void showsHostileNamesAsText() throws Exception {
        String run = startRun("hostile.yaml", "").path("id").asString();
        awaitState(run, "succeeded");
        String cookie = logIn();
        for (String path :
                List.of("/runs", "/runs/" + encoded(run), "/runs?name=" + encoded("\"><script>alert(3)</script>"))) {
            HttpResponse<String> page = send(request(path).header("Cookie", cookie));
            assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            assertThat(page.body()).doesNotContain("<script>alert");
        }
    }

    @Test
    void aCookieAloneChangesNothing() throws Exception {
        String run =
                startRun("flow.yaml", ", \"inputs\": {\"to\": 102}").path("id").asString();
        await(() -> Files.exists(folder.resolve("counted-102")));
        String cookie = logIn();
        assertThat(form("/runs/" + run + "/pause", "", cookie).statusCode()).isEqualTo(403);
        assertThat(send(request("/api/v1/runs/" + run + "/cancel")
                                .header("Cookie", cookie)
                                .POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(403);
        String page = send(request("/runs/" + run).header("Cookie", cookie)).body();
        String key = page.replaceFirst("(?s).*name=\"form_key\" value=\"([^\"]*)\".*", "$1");
        assertThat(form("/runs/" + run + "/pause", "form_key=" + key, cookie).statusCode())
                .isEqualTo(303);
        awaitState(run, "paused");
        assertThat(form("/runs/" + run + "/cancel", "form_key=" + key, cookie).statusCode())
                .isEqualTo(303);
        awaitState(run, "cancelled");
    }
}
