package dev.cairn.workflow.internal.read;

import dev.cairn.workflow.problem.Nearest;
import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.yaml.Node;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** A mapping with known keys. */
final class ObjectType<T> implements Type<T> {

    /** Keys with this prefix are ignored. They are a place for YAML anchors. */
    private static final String EXTENSION = "x-";

    /** Other tools' names for keys. If several keys could be meant, the first that exists here is suggested. */
    private static final Map<String, List<String>> ELSEWHERE = Map.ofEntries(
            Map.entry("jobs", List.of("steps")),
            Map.entry("tasks", List.of("steps")),
            Map.entry("on", List.of("schedule")),
            Map.entry("triggers", List.of("schedule")),
            Map.entry("depends_on", List.of("needs")),
            Map.entry("dependsOn", List.of("needs")),
            Map.entry("dependencies", List.of("needs")),
            Map.entry("when", List.of("if")),
            Map.entry("command", List.of("run")),
            Map.entry("commands", List.of("run")),
            Map.entry("script", List.of("run")),
            Map.entry("cwd", List.of("working_directory")),
            Map.entry("environment", List.of("env")),
            Map.entry("timeout-minutes", List.of("timeout")),
            Map.entry("compress", List.of("compression")),
            Map.entry("retries", List.of("retry")),
            Map.entry("memory", List.of("mem")),
            Map.entry("interval", List.of("every")),
            Map.entry("depends", List.of("needs")),
            Map.entry("requires", List.of("needs")),
            Map.entry("after", List.of("needs")),
            Map.entry("foreach", List.of("strategy")),
            Map.entry("for_each", List.of("strategy")),
            Map.entry("matrix", List.of("strategy")),
            Map.entry("parallel", List.of("strategy")),
            Map.entry("with_items", List.of("strategy")),
            Map.entry("withItems", List.of("strategy")),
            Map.entry("list", List.of("strategy", "lines")),
            Map.entry("items", List.of("strategy", "lines")),
            Map.entry("preconditions", List.of("if")),
            Map.entry("status", List.of("if")),
            Map.entry("params", List.of("inputs")),
            Map.entry("parameters", List.of("inputs", "with")),
            Map.entry("vars", List.of("env")),
            Map.entry("variables", List.of("env")),
            Map.entry("dir", List.of("working_directory")),
            Map.entry("workdir", List.of("working_directory")),
            Map.entry("stop", List.of("end", "timeout")),
            Map.entry("until", List.of("end")),
            Map.entry("tz", List.of("timezone")),
            Map.entry("catchup", List.of("missed")),
            Map.entry("continueOn", List.of("continue_on_error")),
            Map.entry("allow_failure", List.of("continue_on_error")),
            Map.entry("continue-on-error", List.of("continue_on_error")));

    private final String name;
    private final Map<String, Field<?>> fields = new LinkedHashMap<>();
    private final BiFunction<ReadFields, Problems, T> make;
    private final Map<String, Object> constraints;
    private final Map<String, String> refused;
    private final boolean extensible;

    private ObjectType(
            String name,
            List<Field<?>> fields,
            Map<String, Object> constraints,
            Map<String, String> refused,
            boolean extensible,
            BiFunction<ReadFields, Problems, T> make) {
        this.name = name;
        this.make = make;
        this.constraints = constraints;
        this.refused = refused;
        this.extensible = extensible;
        fields.forEach(field -> this.fields.put(field.name(), field));
    }

    /**
     * @param name the name of the definition in the schema
     * @param make checks the keys against each other and makes the value; called even if keys are missing
     */
    static <T> ObjectType<T> of(String name, List<Field<?>> fields, BiFunction<ReadFields, Problems, T> make) {
        return new ObjectType<>(name, fields, Map.of(), Map.of(), false, make);
    }

    /** The same with further keywords in the schema, for the checks in {@code make}. */
    ObjectType<T> constrained(Map<String, Object> keywords) {
        return new ObjectType<>(name, List.copyOf(fields.values()), keywords, refused, extensible, make);
    }

    /** The same, but accepts keys that begin with {@code x-}. */
    ObjectType<T> extensible() {
        return new ObjectType<>(name, List.copyOf(fields.values()), constraints, refused, true, make);
    }

    /** The same, with reasons why some unknown keys are not supported. */
    ObjectType<T> refusing(Map<String, String> reasons) {
        return new ObjectType<>(name, List.copyOf(fields.values()), constraints, reasons, extensible, make);
    }

    @Override
    public Optional<T> read(Node node, Problems problems) {
        if (!(node instanceof Node.Mapping mapping)) {
            problems.add(node.place(), Expected.message("a mapping with keys such as " + firstKeys(), node));
            return Optional.empty();
        }
        Map<String, Place> written = new HashMap<>();
        Map<Field<?>, Object> values = new IdentityHashMap<>();
        mapping.entries().forEach((key, entry) -> {
            written.put(key, entry.key());
            Field<?> field = fields.get(key);
            if (field != null) {
                field.type().read(entry.value(), problems).ifPresent(value -> values.put(field, value));
            } else if (!extensible || !key.startsWith(EXTENSION)) {
                problems.add(entry.key(), refused.getOrDefault(key, "unknown key" + hint(key)));
            }
        });
        for (Field<?> field : fields.values()) {
            if (field.required() && !written.containsKey(field.name())) {
                problems.add(mapping.place(), "\"" + field.name() + "\" is missing");
            }
        }
        return Optional.of(make.apply(new ReadFields(mapping.place(), written, values), problems));
    }

    private String hint(String key) {
        return ELSEWHERE.getOrDefault(key, List.of()).stream()
                .filter(fields::containsKey)
                .findFirst()
                .map(here -> "; here it is called \"" + here + "\"")
                .orElseGet(() -> Nearest.hint(key, fields.keySet()));
    }

    private String firstKeys() {
        return String.join(", ", fields.keySet().stream().limit(3).toList());
    }

    @Override
    public Map<String, Object> schema(Definitions definitions) {
        return definitions.reference(name, () -> definition(definitions));
    }

    private Map<String, Object> definition(Definitions definitions) {
        Map<String, Object> properties = new LinkedHashMap<>();
        fields.values().forEach(field -> properties.put(field.name(), described(field, definitions)));
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        if (extensible) {
            schema.put("patternProperties", Keywords.of("^" + EXTENSION, true));
        }
        schema.put("additionalProperties", false);
        List<String> required = fields.values().stream()
                .filter(Field::required)
                .map(Field::name)
                .toList();
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        schema.putAll(constraints);
        return schema;
    }

    private static Map<String, Object> described(Field<?> field, Definitions definitions) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("description", field.description());
        schema.putAll(field.type().schema(definitions));
        return schema;
    }
}
