package dev.cairn.workflow.internal.read;

import static dev.cairn.workflow.internal.read.Field.optional;

import dev.cairn.workflow.expression.Template;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.spec.SlurmRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys of {@code slurm}, each an option of {@code sbatch}. */
final class SlurmKeys {

    /** The option of {@code sbatch} for each key. */
    private static final Map<String, String> SBATCH = new LinkedHashMap<>();

    private static final List<Field<Template>> SETTINGS = List.of(
            setting("partition", "partition", "The partition, or several with commas between."),
            setting("account", "account", "Whom to charge."),
            setting("qos", "qos", "Quality of service."),
            setting("cpus", "cpus-per-task", "CPUs for the step."),
            setting("mem", "mem", "Memory per node, e.g. 16G."),
            setting("time", "time", "Slurm's own time limit, as sbatch takes it."),
            setting("nodes", "nodes", "How many nodes."),
            setting("tasks", "ntasks", "How many tasks."),
            setting("constraint", "constraint", "Features a node must have."),
            setting("gpus", "gpus", "GPUs, e.g. 2 or a100:1, passed through."),
            setting("gres", "gres", "Generic resources, e.g. gpu:1."),
            setting("nodelist", "nodelist", "Only these nodes."),
            setting("exclude", "exclude", "Not these nodes."),
            setting("reservation", "reservation", "A reservation."),
            setting("licenses", "licenses", "Licences."));

    private static final Field<List<Template>> EXTRA =
            optional("extra", Composites.listOf(Scalars.template()), "Further arguments for sbatch, as they are.");

    static final ObjectType<SlurmRequest> TYPE = ObjectType.of("slurm", all(), SlurmKeys::make);

    private SlurmKeys() {}

    private static Field<Template> setting(String key, String option, String description) {
        SBATCH.put(key, option);
        return optional(key, Scalars.template(), description);
    }

    private static List<Field<?>> all() {
        List<Field<?>> all = new ArrayList<>(SETTINGS);
        all.add(EXTRA);
        return all;
    }

    private static SlurmRequest make(ReadFields fields, Problems problems) {
        Map<String, Template> settings = new LinkedHashMap<>();
        for (Field<Template> field : SETTINGS) {
            fields.get(field).ifPresent(value -> settings.put(SBATCH.getOrDefault(field.name(), field.name()), value));
        }
        return new SlurmRequest(settings, fields.get(EXTRA).orElse(List.of()));
    }
}
