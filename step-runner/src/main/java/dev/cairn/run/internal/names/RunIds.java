package dev.cairn.run.internal.names;

import dev.cairn.files.Digests;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes names of folders for runs, keys and names. */
public final class RunIds {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final String ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
    private static final Pattern CREATED = Pattern.compile("-(\\d{8}-\\d{6})-[0-9a-z]{4}$");
    private static final int LONGEST_NAME = 40;
    private static final int LONGEST_ENCODED = 200;
    private static final SecureRandom RANDOM = new SecureRandom();

    private RunIds() {}

    /** {@code nightly-20251122-161203-k3x9}: a readable name, a time for sorting, and random characters against duplicates. */
    public static String create(String name, Instant now) {
        StringBuilder id = new StringBuilder(slug(name))
                .append('-')
                .append(TIME.format(now))
                .append('-');
        for (int i = 0; i < 4; i++) {
            id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }

    /** When {@link #create} made an id; the earliest possible for any other. */
    public static Instant second(String id) {
        Matcher time = CREATED.matcher(id);
        try {
            return time.find() ? Instant.from(TIME.parse(time.group(1))) : Instant.MIN;
        } catch (DateTimeException noTime) {
            return Instant.MIN;
        }
    }

    /** Whether a text could be the id of a run; such a one leads to no other folder. */
    public static boolean isOne(String text) {
        return text.matches("[A-Za-z0-9][A-Za-z0-9-]*");
    }

    /** Encodes any text as the name of a folder. Two texts never have the same name. */
    public static String encode(String text) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 128 && Character.isLetterOrDigit(c) || c == '-' || c == '_') {
                encoded.append(c);
            } else {
                encoded.append("%%%02x".formatted((int) c));
            }
        }
        return encoded.length() <= LONGEST_ENCODED
                ? encoded.toString()
                : Digests.of(text).replace(':', '%');
    }

    private static String slug(String name) {
        String slug = name.replaceAll("[^A-Za-z0-9]+", "-").replaceAll("^-+", "");
        slug = slug.substring(0, Math.min(slug.length(), LONGEST_NAME)).replaceAll("-+$", "");
        return slug.isEmpty() ? "run" : slug;
    }
}
