package dev.cairn.run.internal.names;

import dev.cairn.files.DocumentException;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.files.Trust;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The runs that had one name, in order: files {@code 1}, {@code 2}, ... each with a run's id. Each is created
 * atomically and never changed, so that only one of two competing successors wins.
 */
public final class RunHistory {
    private final Path folder;

    public RunHistory(Path folder) {
        this.folder = folder;
    }

    /** @param last number of the newest entry, 0 if there is none */
    public record Entries(long last, List<String> newestFirst) {}

    /** @throws dev.cairn.files.UntrustedException if another user could have named another run */
    public Entries read() throws IOException {
        Trust.ofThisProcess().check(folder);
        List<Long> numbers = numbers();
        List<String> runs = new ArrayList<>();
        for (Long number : numbers) {
            Path file = folder.resolve(number.toString());
            String run = OrdinaryFile.ownText(file).strip();
            if (!RunIds.isOne(run)) {
                throw new DocumentException(file, "does not hold a run's id. Nothing was changed; move it away");
            }
            runs.add(run);
        }
        return new Entries(numbers.isEmpty() ? 0 : numbers.get(0), runs);
    }

    /** @return false if another process added a successor of {@code last} first */
    public boolean follow(long last, String run) throws IOException {
        DurableFiles.createFolders(folder);
        return DurableFiles.createExclusive(
                folder.resolve(Long.toString(last + 1)), (run + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private List<Long> numbers() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(RunHistory::number)
                    .flatMapToLong(OptionalLong::stream)
                    .boxed()
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (NoSuchFileException nobodyYet) {
            return List.of();
        }
    }

    private static OptionalLong number(Path file) {
        String name = file.getFileName().toString();
        return name.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(name)) : OptionalLong.empty();
    }
}
