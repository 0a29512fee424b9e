package dev.cairn.http.access;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.OrdinaryFile;
import dev.cairn.schedule.store.StateFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The tokens of a state folder, one for each {@link Role}, in files that only their owner can read; and the sessions,
 * which are signed with the token of their role and expire. Comparisons take constant time. Immutable; any thread.
 */
public final class Tokens {
    /** How long a session lasts. */
    public static final Duration SESSION = Duration.ofHours(12);

    private static final int BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";
    private static final Pattern SIGNED = Pattern.compile("s1\\.(read|write)\\.(\\d{1,12})\\.([A-Za-z0-9_-]{43})");

    private final String read;
    private final String write;
    private final Clock clock;

    private Tokens(String read, String write, Clock clock) {
        this.read = read;
        this.write = write;
        this.clock = clock;
    }

    /** The tokens of a folder; makes them if they are missing. */
    public static Tokens of(StateFolder folder, Clock clock) throws IOException {
        folder.create();
        return new Tokens(token(folder, Role.READ), token(folder, Role.WRITE), clock);
    }

    private static String token(StateFolder folder, Role role) throws IOException {
        Path file = folder.path().resolve("http-token" + (role == Role.READ ? "-read" : ""));
        try {
            return OrdinaryFile.ownText(file).strip();
        } catch (NoSuchFileException none) {
            byte[] random = new byte[BYTES];
            new SecureRandom().nextBytes(random);
            DurableFiles.createExclusive(file, (encode(random) + "\n").getBytes(StandardCharsets.US_ASCII));
            return OrdinaryFile.ownText(file).strip();
        }
    }

    /** The token itself. */
    public String of(Role role) {
        return role == Role.READ ? read : write;
    }

    /** The role of the bearer of a token or session; empty if the token is invalid. */
    public Optional<Role> roleOf(String given) {
        boolean writes = isSame(given, write);
        boolean reads = isSame(given, read);
        if (writes || reads) {
            return Optional.of(writes ? Role.WRITE : Role.READ);
        }
        Matcher signed = SIGNED.matcher(given);
        if (!signed.matches()) {
            return Optional.empty();
        }
        Role role = Role.valueOf(signed.group(1).toUpperCase(Locale.ROOT));
        Instant end = Instant.ofEpochSecond(Long.parseLong(signed.group(2)));
        boolean genuine = isSame(given, session(role, end));
        return genuine && clock.instant().isBefore(end) ? Optional.of(role) : Optional.empty();
    }

    /** Makes a new session for a role. */
    public String session(Role role) {
        return session(role, clock.instant().plus(SESSION));
    }

    private String session(Role role, Instant end) {
        String body = "s1." + role.name().toLowerCase(Locale.ROOT) + "." + end.getEpochSecond();
        return body + "." + sign(of(role), "session " + body);
    }

    /** The name of the cookie that holds a session. Cookies have no port: each state folder has a name of its own. */
    public String cookie() {
        return "cairn_session_"
                + sign(write, "cookie").replaceAll("[^A-Za-z0-9]", "").substring(0, 8);
    }

    /** The value that every form must contain, as proof that it comes from one of these pages (CSRF protection). */
    public String formKey(String session) {
        return sign(write, "form " + session);
    }

    public boolean isFormKey(String given, String session) {
        return isSame(given, formKey(session));
    }

    private static String sign(String key, String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.US_ASCII), ALGORITHM));
            return encode(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static boolean isSame(String given, String expected) {
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
    }
}
