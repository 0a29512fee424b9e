package dev.cairn.airflow;

import dev.cairn.airflow.AirflowException.Kind;
import dev.cairn.airflow.AirflowException.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Converts the error bodies of both APIs to an exception. */
final class ErrorBodies {
    private static final int LONGEST = 500;

    private ErrorBodies() {}

    /** @param call a description of the call, for the message */
    static AirflowException of(String call, ApiResponse reply) {
        int status = reply.status();
        Optional<JsonNode> json = AirflowJson.parse(reply.body());
        List<Problem> problems = json.map(ErrorBodies::problems).orElse(List.of());
        String text = json.map(tree -> text(tree, problems)).orElseGet(() -> plain(reply.contentType(), reply.body()));
        String hint = hint(reply, json.isPresent());
        String message = call + ": HTTP " + status + (text.isEmpty() ? "" : ": " + text) + hint;
        return new AirflowException(kind(reply, json.isPresent()), OptionalInt.of(status), message, problems, null);
    }

    private static Kind kind(ApiResponse reply, boolean json) {
        int status = reply.status();
        if (reply.refusesCredentials()) {
            return Kind.UNAUTHORIZED;
        }
        return switch (status) {
            case 400, 422 -> Kind.INVALID;
            case 403 -> Kind.FORBIDDEN;
            // a 404 that is not JSON comes from a proxy in front of Airflow
            case 404 -> json ? Kind.NOT_FOUND : Kind.NOT_AIRFLOW;
            case 409 -> Kind.CONFLICT;
            case 429 -> Kind.THROTTLED;
            case 408, 425 -> Kind.NO_ANSWER;
            default -> status >= 500 ? Kind.SERVER : Kind.NOT_AIRFLOW;
        };
    }

    private static String text(JsonNode tree, List<Problem> problems) {
        if (!problems.isEmpty()) {
            return problems.stream()
                    .map(problem -> problem.field() + ": " + problem.message())
                    .collect(Collectors.joining("; "));
        }
        JsonNode detail = tree.path("detail");
        if (detail.isObject()) {
            return List.of("reason", "message", "statement", "orig_error").stream()
                    .map(name -> detail.path(name).asString(""))
                    .filter(part -> !part.isEmpty())
                    .findFirst()
                    .orElseGet(() -> cut(detail.toString()));
        }
        String title = AirflowJson.text(tree, "title", "error"); // Airflow 3 uses "error" in its answer to paths of
        // Airflow 2
        String said = detail.isString() ? detail.stringValue() : "";
        return cut(title.isEmpty() || said.contains(title) ? said : said.isEmpty() ? title : title + ": " + said);
    }

    /** FastAPI's: {@code {"detail": [{"loc": ["body", "conf"], "msg": "...", "type": "..."}]}}. */
    private static List<Problem> problems(JsonNode tree) {
        List<Problem> problems = new ArrayList<>();
        for (JsonNode entry : tree.path("detail").isArray() ? tree.path("detail") : List.<JsonNode>of()) {
            String field =
                    entry.path("loc").valueStream().map(JsonNode::asString).collect(Collectors.joining("."));
            problems.add(new Problem(field, entry.path("msg").asString("")));
        }
        return problems;
    }

    private static String plain(String contentType, String body) {
        return contentType.contains("html") ? "a page instead of JSON" : cut(body.strip());
    }

    private static String hint(ApiResponse reply, boolean json) {
        int status = reply.status();
        if (reply.refusesCredentials()) {
            return ". Check the user and password, or the token, of this connection";
        }
        if (status == 403) {
            return reply.contentType().contains("problem+json")
                    ? ". The user may not do that in Airflow, or the password is wrong: Airflow 2 answers alike to both"
                    : ". The user may not do that in Airflow";
        }
        if (status == 400 && !json && reply.body().toLowerCase(Locale.ROOT).contains("https")) {
            return ". Is it https:// in place of http://?";
        }
        return status == 404 && !json ? ". Is the address complete, with the path below which Airflow lies?" : "";
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }
}
