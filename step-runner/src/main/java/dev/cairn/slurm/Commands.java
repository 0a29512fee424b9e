package dev.cairn.slurm;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs Slurm's commands, which it finds on the PATH of the given environment. Immutable; any thread. */
final class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    private static final Duration AT_MOST = Duration.ofSeconds(90);

    private final Map<String, String> environment;

    Commands(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** How a command ended. */
    record Output(int exitCode, String out, String err) {}

    /** Runs it with the unchanged environment, because {@code sbatch} passes that to the job. */
    Output act(List<String> words, String input) throws SlurmException, InterruptedException {
        return run(words, input, environment);
    }

    /** Removes the variables that change the output of these commands; times are in UTC. */
    Output ask(List<String> words) throws SlurmException, InterruptedException {
        Map<String, String> plain = new TreeMap<>(environment);
        plain.keySet()
                .removeIf(name -> name.startsWith("SQUEUE_")
                        || name.startsWith("SINFO_")
                        || name.startsWith("SCONTROL_")
                        || name.equals("SLURM_TIME_FORMAT"));
        plain.put("TZ", "UTC0");
        return run(words, "", plain);
    }

    Optional<Path> find(String program) {
        for (String folder : environment.getOrDefault("PATH", "/usr/bin:/bin").split(File.pathSeparator, -1)) {
            Path file = Path.of(folder).resolve(program);
            if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                return Optional.of(file.toAbsolutePath());
            }
        }
        return Optional.empty();
    }

    private Output run(List<String> words, String input, Map<String, String> variables)
            throws SlurmException, InterruptedException {
        Path program = find(words.get(0))
                .orElseThrow(() -> new SlurmException(
                        SlurmException.Kind.MISSING,
                        "there is no '" + words.get(0)
                                + "' on PATH: this host is no part of a Slurm cluster, or a module has"
                                + " to be loaded first"));
        List<String> line = new ArrayList<>(words);
        line.set(0, program.toString());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().clear();
        builder.environment().putAll(variables);
        try {
            return finish(builder.start(), words.get(0), input);
        } catch (IOException | CompletionException e) {
            throw new SlurmException(SlurmException.Kind.UNCLEAR, words.get(0) + ": " + e.getMessage());
        }
    }

    private static Output finish(Process process, String name, String input)
            throws SlurmException, InterruptedException {
        CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> read(process.getInputStream()));
        CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
        feed(process, input);
        if (!process.waitFor(AT_MOST.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new SlurmException(
                    SlurmException.Kind.UNCLEAR, name + " has not answered within " + AT_MOST.toSeconds() + " s");
        }
        return new Output(process.exitValue(), out.join(), err.join());
    }

    /** A command that refuses its arguments does not read its input. Its exit code shows that. */
    private static void feed(Process process, String input) {
        try (OutputStream to = process.getOutputStream()) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException notRead) {
            LOG.debug("{} did not read its input: {}", process, notRead.getMessage());
        }
    }

    private static String read(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
