package dev.cairn.airflow.step;

import dev.cairn.airflow.AirflowClient;
import dev.cairn.airflow.AirflowException;
import dev.cairn.airflow.AirflowException.Kind;
import dev.cairn.airflow.DagRun;
import dev.cairn.files.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Writes XCom values into the files of the step's outputs: a text unchanged, anything else as JSON, with a line end.
 */
final class XComFiles {
    private XComFiles() {}

    /** @return the missing values; empty if all were written */
    static Optional<String> write(AirflowClient airflow, DagRunSpec order, DagRun run) throws IOException {
        for (Map.Entry<String, XComName> entry : order.xcoms().entrySet()) {
            XComName name = entry.getValue();
            JsonNode value;
            try {
                value = airflow.xcoms()
                        .get(order.dag(), run.id(), name.task(), name.mapIndex(), name.key())
                        .value();
            } catch (AirflowException e) {
                if (e.is(Kind.NOT_FOUND)) {
                    return Optional.of("with.xcom." + entry.getKey() + ": the DAG run left no XCom " + name);
                }
                throw e;
            }
            String text = (value.isString() ? value.stringValue() : value.toString()) + "\n";
            Path file = Objects.requireNonNull(order.outputs().get(entry.getKey()), "checked when the order was read");
            DurableFiles.createFolders(Optional.ofNullable(file.getParent()).orElse(file));
            DurableFiles.replace(file, text.getBytes(StandardCharsets.UTF_8));
        }
        return Optional.empty();
    }
}
