package dev.cairn.run.internal.environment;

import dev.cairn.engine.Renewal;
import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import dev.cairn.slurm.BatchJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The variables that describe a batch job to its processes, for a step that may outlive the job. The memory of a
 * resumed step holds the variables of its first job, in any number of copies, and no outsider can rewrite all of them.
 * So the step finds the current variables in files: {@code $CAIRN_ENV}, which a script reads, and a folder first on its
 * {@code PATH} with wrappers of Slurm's commands, which bring the variables up to date before they start the command.
 *
 * <p>A wrapper replaces a variable only if it has the value of an earlier job. A variable that a script has set or
 * removed itself stays.
 *
 * @param now the job's variables
 * @param former by name, the values that earlier attempts of the step had; an empty value if it was not set
 */
public record JobVariables(Map<String, String> now, Map<String, Set<Optional<String>>> former) {
    private static final DocumentType TYPE = new DocumentType("cairn.variables", 1);
    private static final Set<String> DEVICES =
            Set.of("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK");
    /** A token and a site's name are no secrets of a job. */
    private static final Set<String> NOT_OF_JOB = Set.of("SLURM_JWT", "SLURM_CONF", "SLURM_CONF_SERVER");

    private static final String SRUN = "srun";
    private static final List<String> COMMANDS = List.of(
            "sacct", "salloc", "sattach", "sbatch", "sbcast", "scancel", "scontrol", "sinfo", "squeue", SRUN, "sstat");
    private static final String WRAPPER = """
            #!/bin/sh
            # Made by Cairn: starts the command of this name with the variables of the current job (step-runner/docs/slurm.md).
            cairn_here=${0%/*} cairn_name=${0##*/} cairn_command=
            . "$cairn_here/refresh"
            set -f
            IFS=:
            for cairn_folder in $PATH; do
                cairn_file=$cairn_folder/$cairn_name
                if [ "$cairn_folder" != "$cairn_here" ] && [ -f "$cairn_file" ] && [ -x "$cairn_file" ]; then
                    cairn_command=$cairn_file
                    break
                fi
            done
            unset IFS
            if [ -z "$cairn_command" ]; then
                echo "$cairn_name: command not found" >&2
                exit 127
            fi
            """;
    private static final String START = """
            exec "$cairn_command" "$@"
            """;
    /**
     * A job that Slurm has cancelled or requeued gets no more tasks, and a script may ask for some before Cairn is told
     * of it. Such a script must not continue with the failure, because its memory is about to be saved. So the command
     * waits for the checkpoint, and starts again in the next job. It does so only if Slurm has refused it, because a
     * command that got tasks may have had effects. To find out, the wrapper gives Slurm a prolog: a file that removes
     * itself when Slurm runs it, just before the tasks.
     *
     * <p>The shell waits for the command and passes on signals sent to the shell. A terminal sends its signals to both.
     */
    private static final String START_AGAIN = """
            cairn_job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID-}}
            cairn_job=${cairn_job:-${SLURM_JOB_ID-}}
            cairn_unstarted=$cairn_here/unstarted.$$
            case " $* " in *" --prolog"*) cairn_job= ;; esac
            if [ -z "$cairn_job" ] || [ -n "${SLURM_PROLOG-}" ] || ! command -v squeue >/dev/null ||
                    ! printf '#!/bin/sh\\nrm -f "$0"\\n' >"$cairn_unstarted" || ! chmod 700 "$cairn_unstarted"; then
                exec "$cairn_command" "$@"
            fi
            cairn_attempt() { sed -n 's/^export CAIRN_ATTEMPT=//p' "${cairn_here%/*}/env.sh"; }
            cairn_before=$(cairn_attempt) cairn_child= cairn_sent=
            cairn_pass() {
                cairn_sent=$1
                [ -z "$cairn_child" ] || kill -s "$1" "$cairn_child" 2>/dev/null
            }
            trap : INT QUIT
            for cairn_signal in HUP TERM USR1 USR2; do
                trap "cairn_pass $cairn_signal" $cairn_signal
            done
            if (: <&0) 2>/dev/null; then # in the background a shell gives /dev/null for 0
                { "$cairn_command" --prolog="$cairn_unstarted" "$@" <&7 7<&- & } 7<&0
            else
                "$cairn_command" --prolog="$cairn_unstarted" "$@" <&- &
            fi
            cairn_child=$!
            [ -z "$cairn_sent" ] || cairn_pass "$cairn_sent"
            wait "$cairn_child"
            cairn_status=$?
            while [ $cairn_status -gt 128 ] && kill -0 "$cairn_child" 2>/dev/null; do
                wait "$cairn_child"
                cairn_status=$?
            done
            if ! rm "$cairn_unstarted" 2>/dev/null || [ $cairn_status -eq 0 ]; then
                exit $cairn_status
            fi
            cairn_over=yes
            if cairn_states=$(squeue --noheader --states=all --jobs="$cairn_job" --format=%T 2>&1); then
                case $cairn_states in
                    *RUNNING*|*SUSPENDED*|*RESIZING*|*SIGNALING*|*STOPPED*) cairn_over= ;;
                esac
            else
                case $cairn_states in
                    *"Invalid job id"*) ;;
                    *) cairn_over= ;; # what Slurm does not answer is not known
                esac
            fi
            if [ "$(cairn_attempt)" != "$cairn_before" ]; then # saved, and resumed, before the answer
                exec "$0" "$@"
            fi
            if [ -z "$cairn_over" ]; then
                exit $cairn_status
            fi
            trap - HUP INT QUIT TERM USR1 USR2
            echo "$cairn_name: Slurm job $cairn_job is over; waiting to be stopped, to start again in the next job" >&2
            cairn_seconds=0
            while [ $cairn_seconds -lt 300 ]; do
                sleep 1
                cairn_seconds=$((cairn_seconds + 1))
                if [ "$(cairn_attempt)" != "$cairn_before" ]; then
                    exec "$0" "$@"
                fi
            done
            exit $cairn_status
            """;

    public JobVariables {
        now = new TreeMap<>(now);
        former = new TreeMap<>(former);
    }

    /**
     * The variables of an attempt that is to start.
     *
     * @param folder the step's folder
     * @param environment the attempt's environment
     */
    public static JobVariables of(Path folder, Map<String, String> environment) throws IOException {
        Map<String, String> now = new TreeMap<>(environment);
        boolean inJob = BatchJob.of(environment).isPresent();
        now.keySet().removeIf(name -> !inJob || !isOfJob(name));
        Map<String, Set<Optional<String>>> former = new TreeMap<>();
        Optional<ObjectNode> document = TYPE.readIfPresent(folder.resolve("variables.json"));
        document.ifPresent(known -> known.path("seen")
                .properties()
                .forEach(variable -> former.put(
                        variable.getKey(),
                        variable.getValue()
                                .valueStream()
                                .map(value -> Optional.ofNullable(value.isNull() ? null : value.asString()))
                                .collect(Collectors.toCollection(LinkedHashSet::new)))));
        if (document.isPresent()) {
            now.keySet()
                    .forEach(name ->
                            former.computeIfAbsent(name, isNew -> new LinkedHashSet<>(Set.of(Optional.empty()))));
        }
        return new JobVariables(now, former);
    }

    private static boolean isOfJob(String name) {
        return name.matches("SLURMD?_\\w+") && !NOT_OF_JOB.contains(name) || DEVICES.contains(name);
    }

    /** Names of the variables that a process from an earlier attempt may have with an outdated value. */
    public List<String> outdated() {
        return names().stream().filter(name -> !outdated(name).isEmpty()).toList();
    }

    /** The same for the engine, which can replace values in the strings with which a process was started. */
    public Map<String, Renewal> renewals() {
        Map<String, Renewal> renewals = new TreeMap<>();
        for (String name : outdated()) {
            Set<String> was = outdated(name).stream().flatMap(Optional::stream).collect(Collectors.toSet());
            if (now.containsKey(name) && !was.isEmpty()) {
                renewals.put(name, new Renewal(was, now.get(name)));
            }
        }
        return renewals;
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>(now.keySet());
        names.addAll(former.keySet());
        return names;
    }

    private Set<Optional<String>> outdated(String name) {
        Set<Optional<String>> values = new LinkedHashSet<>(former.getOrDefault(name, Set.of()));
        values.remove(Optional.ofNullable(now.get(name)));
        return values;
    }

    /**
     * Writes the files of the attempt.
     *
     * @param resumed whether it has the memory of an earlier attempt
     * @return the attempt's environment
     */
    public Map<String, String> write(Path folder, Map<String, String> environment, boolean resumed) throws IOException {
        Map<String, String> all = new TreeMap<>(environment);
        Path file = folder.resolve("env.sh");
        all.put("CAIRN_ENV", file.toString());
        replace(file, exports(environment.getOrDefault("CAIRN_ATTEMPT", "")));
        if (now.isEmpty() && former.isEmpty()) {
            return all;
        }
        // before the attempt can pass its values on
        TYPE.write(folder.resolve("variables.json"), document());
        Path bin = folder.resolve("bin");
        DurableFiles.createFoldersUnsynced(bin);
        replace(bin.resolve("refresh"), resumed ? refresh() : "");
        String path = environment.getOrDefault("PATH", "");
        for (String command : COMMANDS) {
            if (isOn(path, command)) {
                wrap(bin.resolve(command));
            }
        }
        all.put("PATH", path.isEmpty() ? bin.toString() : bin + ":" + path);
        return all;
    }

    private static boolean isOn(String path, String command) {
        return Arrays.stream(path.split(":"))
                .anyMatch(folder -> !folder.isEmpty() && Files.isExecutable(Path.of(folder, command)));
    }

    private static void wrap(Path file) throws IOException {
        if (!Presence.isThere(file)) {
            boolean startsTasks = SRUN.equals(String.valueOf(file.getFileName()));
            replace(file, WRAPPER + (startsTasks ? START_AGAIN : START));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        }
    }

    /** Each attempt makes them again. */
    private static void replace(Path file, String text) throws IOException {
        DurableFiles.replaceUnsynced(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private ObjectNode document() {
        ObjectNode document = TYPE.create();
        ObjectNode seen = document.putObject("seen");
        for (String name : names()) {
            Set<Optional<String>> values = new LinkedHashSet<>(former.getOrDefault(name, Set.of()));
            values.add(Optional.ofNullable(now.get(name)));
            ArrayNode all = seen.putArray(name);
            values.forEach(value -> value.ifPresentOrElse(all::add, all::addNull));
        }
        return document;
    }

    /** The file for scripts: all of the job's variables. */
    private String exports(String attempt) {
        StringBuilder text = new StringBuilder(
                "# Written by Cairn when this attempt began: what the current job sets. Read it with: . \"$CAIRN_ENV\"\n");
        text.append(export("CAIRN_ATTEMPT", attempt));
        for (String name : names()) {
            text.append(set(name));
        }
        return text.toString();
    }

    /** The file for wrappers: only outdated variables. */
    private String refresh() {
        StringBuilder text = new StringBuilder();
        for (String name : outdated()) {
            List<String> values = new ArrayList<>();
            for (Optional<String> value : outdated(name)) {
                if (value.isPresent()) {
                    values.add(quoted("=" + value.get()));
                } else {
                    values.add("''");
                }
            }
            text.append("case \"${")
                    .append(name)
                    .append("+=$")
                    .append(name)
                    .append("}\" in ")
                    .append(String.join("|", values))
                    .append(") ")
                    .append(set(name).strip())
                    .append(";; esac\n");
        }
        return text.toString();
    }

    private String set(String name) {
        return now.containsKey(name) ? export(name, now.get(name)) : "unset " + name + "\n";
    }

    private static String export(String name, String value) {
        return "export " + name + "=" + quoted(value) + "\n";
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
