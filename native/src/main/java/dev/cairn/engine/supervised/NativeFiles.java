package dev.cairn.engine.supervised;

import com.sun.jna.Native;
import dev.cairn.engine.EngineException;
import dev.cairn.files.Trust;
import dev.cairn.files.UntrustedException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Locates {@code libcairn.so} and {@code cairn-supervisor}: in the folder that {@code
 * -Dcairn.native.dir} names, or else unpacked from the jar into the user's cache. Each content has
 * a folder of its own, so that versions do not conflict.
 */
record NativeFiles(Path library, Path supervisor) {
    private static final String FOLDER_PROPERTY = "cairn.native.dir";
    private static final String LIBRARY = "libcairn.so";
    private static final String SUPERVISOR = "cairn-supervisor";
    private static final String JNA_LIBRARY = "libjnidispatch.so";
    private static final Map<String, String> RESOURCES = Map.of(
            LIBRARY, "/dev/cairn/engine/linux-x86-64/" + LIBRARY,
            SUPERVISOR, "/dev/cairn/engine/linux-x86-64/" + SUPERVISOR,
            JNA_LIBRARY, "/com/sun/jna/linux-x86-64/" + JNA_LIBRARY);

    /**
     * Finds or unpacks the files. Also sets the folder of JNA's own library, because {@code /tmp} may be mounted
     * noexec.
     */
    static NativeFiles locate() throws EngineException {
        String configured = System.getProperty(FOLDER_PROPERTY);
        try {
            Path folder = configured == null ? unpack() : Path.of(configured).toAbsolutePath();
            NativeFiles files = new NativeFiles(present(folder, LIBRARY), present(folder, SUPERVISOR));
            pointJnaAt(folder);
            return files;
        } catch (IOException e) {
            throw new EngineException("Cairn's native part cannot be set up", e);
        }
    }

    private static Path present(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new FileNotFoundException(file + " is missing; " + FOLDER_PROPERTY + " must name the folder of "
                    + LIBRARY + " and " + SUPERVISOR);
        }
        return file;
    }

    private static void pointJnaAt(Path folder) {
        boolean decidedByHost = System.getProperty("jna.boot.library.path") != null;
        if (!decidedByHost && Files.exists(folder.resolve(JNA_LIBRARY))) {
            System.setProperty("jna.boot.library.path", folder.toString());
            System.setProperty("jna.nounpack", "true");
            System.setProperty("jna.nosys", "true");
        }
    }

    private static Path unpack() throws IOException {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        MessageDigest digest = sha256();
        for (String name : RESOURCES.keySet().stream().sorted().toList()) {
            byte[] content = resource(name);
            digest.update(content);
            contents.put(name, content);
        }
        Path cache = ownFolder(cacheHome().resolve("cairn").resolve("native"));
        Path folder = cache.resolve(HexFormat.of().formatHex(digest.digest(), 0, 8));
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            publish(cache, folder, contents);
        }
        return trusted(folder);
    }

    private static byte[] resource(String name) throws IOException {
        String path = RESOURCES.get(name);
        try (InputStream in = Native.class.getResourceAsStream(path)) {
            if (in != null) {
                return in.readAllBytes();
            }
        }
        try (InputStream in = NativeFiles.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new FileNotFoundException("this build has no " + path + ": Cairn runs on Linux x86-64");
            }
            return in.readAllBytes();
        }
    }

    /** Unpacks completely or not at all, even while another process unpacks the same files. */
    private static void publish(Path cache, Path folder, Map<String, byte[]> contents) throws IOException {
        Path fresh = Files.createTempDirectory(cache, "new", permissions("rwx------"));
        for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
            Path file = Files.createFile(fresh.resolve(entry.getKey()), permissions("rwx------"));
            // otherwise a power cut could leave a permanent folder of empty files
            Files.write(file, entry.getValue(), StandardOpenOption.WRITE, StandardOpenOption.SYNC);
        }
        try {
            Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException lostRace) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw lostRace;
            }
            for (String name : contents.keySet()) {
                Files.deleteIfExists(fresh.resolve(name));
            }
            Files.deleteIfExists(fresh);
        }
    }

    /**
     * Follows the XDG specification. Java's {@code user.home} ignores HOME, and is {@code ?} for a user without a
     * passwd entry.
     */
    private static Path cacheHome() {
        return absolute("XDG_CACHE_HOME")
                .or(() -> absolute("HOME").map(home -> home.resolve(".cache")))
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"));
    }

    private static Optional<Path> absolute(String variable) {
        return Optional.ofNullable(System.getenv(variable))
                .filter(value -> value.startsWith("/"))
                .map(Path::of);
    }

    private static Path ownFolder(Path folder) throws IOException {
        Files.createDirectories(folder.getParent());
        try {
            Files.createDirectory(folder, permissions("rwx------"));
        } catch (FileAlreadyExistsException fine) {
            // an earlier start has made it
        }
        return trusted(folder);
    }

    private static Path trusted(Path folder) throws IOException {
        try {
            Trust.ofThisProcess().check(folder);
            return folder;
        } catch (UntrustedException e) {
            throw new IOException(e.getMessage() + ". XDG_CACHE_HOME may name another folder", e);
        }
    }

    private static FileAttribute<Set<PosixFilePermission>> permissions(String mode) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
