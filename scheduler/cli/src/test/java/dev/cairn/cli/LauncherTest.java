package dev.cairn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the script says and does around Java. */
final class LauncherTest {
    private static final Path REPOSITORY = Path.of("../..").toAbsolutePath().normalize();

    @TempDir
    Path folder;

    @Test
    void saysThatTheCurrentFolderIsGone() throws Exception {
        Process cairn = start(REPOSITORY.resolve("cairn"), "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" ps");
        String said = new String(cairn.getInputStream().readAllBytes(), UTF_8);
        assertThat(said).endsWith("\ncairn: the current folder has been deleted; go to another one first\n");
        assertThat(cairn.waitFor()).isEqualTo(66);
    }

    @Test
    void runsACommandWithoutStandardInput() throws Exception {
        Process cairn = start(built(), "exec \"$0\" exec -i never -- sh -c 'cat; echo out; exit 7' <&-");
        assertThat(new String(cairn.getInputStream().readAllBytes(), UTF_8)).isEqualTo("out\n");
        assertThat(cairn.waitFor()).isEqualTo(7);
    }

    /** Else a Ctrl-C at the terminal reaches it, and who reads what the command prints waits for it. */
    @Test
    void preparesFasterStartsInASessionOfItsOwnThatNobodyWaitsFor() throws Exception {
        Path launcher = built();
        Path maker = launcher.resolveSibling("tools/make-archive");
        Path begun = folder.resolve("begun");
        Path end = folder.resolve("end");
        Files.writeString(maker, """
                #!/bin/sh
                mkfifo %2$s
                echo $(ps -o sid=,ni= $$) >%1$s.new && mv %1$s.new %1$s
                read line <%2$s
                """.formatted(begun, end));
        maker.toFile().setExecutable(true);

        Process cairn = start(launcher, "XDG_CACHE_HOME=$PWD/cache exec \"$0\" --version");
        String said = new String(cairn.getInputStream().readAllBytes(), UTF_8);

        assertThat(said).startsWith("cairn ").hasLineCount(1);
        assertThat(cairn.waitFor()).isZero();
        await(folder, begun);
        String[] session = Files.readString(begun).strip().split(" +");
        assertThat(session[0]).isNotEqualTo(sessionOf("self"));
        assertThat(session[1]).isEqualTo("19");
        Files.writeString(end, "\n");
    }

    /** Java runs what is in it. */
    @Test
    void usesOnlyAnArchiveThatNobodyElseCanWriteOrReplace() throws Exception {
        Path cache = Files.createDirectories(folder.resolve("cache/cairn"));
        Path archive = Files.createFile(cache.resolve("1.jsa"));
        for (Path path : List.of(cache.getParent(), cache, archive)) {
            Set<PosixFilePermission> before = PosixFilePermissions.fromString("rwxr-xr-x");
            Files.setPosixFilePermissions(cache.getParent(), before);
            Files.setPosixFilePermissions(cache, before);
            Files.setPosixFilePermissions(archive, before);
            assertThat(isUsed(archive)).isTrue();
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxr-x"));
            assertThat(isUsed(archive)).as("%s writable for a group", path).isFalse();
            Files.setPosixFilePermissions(path, before);
        }
        Path link = Files.createSymbolicLink(cache.resolve("2.jsa"), archive);
        assertThat(isUsed(link)).isFalse();
    }

    private static boolean isUsed(Path archive) throws Exception {
        Path script = REPOSITORY.resolve("tools/archive.sh");
        return new ProcessBuilder(
                                "bash",
                                "-c",
                                ". \"$1\"; only_caller_writes \"$2\"",
                                "-",
                                script.toString(),
                                archive.toString())
                        .start()
                        .waitFor()
                == 0;
    }

    private static void await(Path folder, Path file) throws Exception {
        try (WatchService watch = folder.getFileSystem().newWatchService()) {
            folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            while (!Files.exists(file)) {
                assertThat(watch.poll(30, TimeUnit.SECONDS))
                        .as(file + " within 30 s")
                        .isNotNull();
            }
        }
    }

    private static String sessionOf(String pid) throws IOException {
        return Files.readString(Path.of("/proc", pid, "stat"))
                .replaceFirst(".*\\) ", "")
                .split(" ")[3];
    }

    @Test
    void leavesTheLimitOfOpenFilesToTheStepAsItIs() throws Exception {
        String line = "ulimit -Sn 400; ulimit -Hn 500; exec \"$0\" exec -i never -- sh -c 'ulimit -Sn; ulimit -Hn' <&-";
        Process cairn = start(built(), line);
        assertThat(new String(cairn.getInputStream().readAllBytes(), UTF_8)).isEqualTo("400\n500\n");
        assertThat(cairn.waitFor()).isZero();
    }

    /** Starts a line of shell whose {@code $0} is the launcher, for a user whose cache cannot be written. */
    private Process start(Path launcher, String line) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of("sh", "-c", line, launcher.toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true);
        builder.environment().put("XDG_CACHE_HOME", "/dev/null");
        return builder.start();
    }

    /** The launcher as it is after a build, over the classes of this test. */
    private Path built() throws IOException {
        Path root = Files.createDirectory(folder.resolve("built"));
        Files.createDirectory(root.resolve("tools"));
        for (String script : List.of("cairn", "tools/jdk.sh", "tools/build.sh", "tools/java.sh", "tools/archive.sh")) {
            Files.copy(REPOSITORY.resolve(script), root.resolve(script));
        }
        Files.createFile(root.resolve("pom.xml"));
        Files.createDirectories(root.resolve("module/src/main"));
        Files.createFile(root.resolve("module/pom.xml"));
        Files.createDirectories(root.resolve("module/part/src/main"));
        Files.createFile(root.resolve("module/part/pom.xml"));
        Files.createDirectory(root.resolve("native"));
        Files.createFile(root.resolve("native/CMakeLists.txt"));
        Path lib = Files.createDirectories(root.resolve("target/cairn/lib"));
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                                .map(entry -> Path.of(entry).toUri().toString())
                                .collect(Collectors.joining(" ")));
        new JarOutputStream(Files.newOutputStream(lib.resolve("cairn.jar")), manifest).close();
        Path natives = Files.createDirectory(root.resolve("target/cairn/native"));
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("cairn.native.dir")))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, natives.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        Files.createFile(root.resolve("target/cairn/built"));
        return root.resolve("cairn");
    }
}
