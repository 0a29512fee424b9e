package dev.cairn.run.mask;

import dev.cairn.files.DocumentType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The texts to mask in a log, identified by length and salted hash. So a program that shows the log later needs no
 * secrets, and none is stored on disk. Each line of a value is masked separately; a line of fewer than {@value
 * #SHORTEST} bytes is not masked, because it could occur anywhere. Immutable.
 *
 * <p>{@code sum} is the low 16 bits of a rolling checksum: it finds candidates cheaply and reveals little; {@code hash}
 * decides.
 */
public final class Masks {
    /** Bytes. */
    public static final int SHORTEST = 3;

    private static final DocumentType TYPE = new DocumentType("cairn.masks", 1);
    private static final String ALGORITHM = "HmacSHA256";
    private static final int BASE = 0x01000193;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Masks nothing. */
    public static final Masks NONE = new Masks(new byte[0], List.of());

    private final byte[] salt;
    private final List<Mask> masks;

    private record Mask(int length, int sum, String hash) {}

    private Masks(byte[] salt, List<Mask> masks) {
        this.salt = salt;
        this.masks = List.copyOf(masks);
    }

    /** The masks of a step's folder; empty if there is no such file. */
    public static Masks read(Path file) throws IOException {
        Optional<ObjectNode> document = TYPE.readIfPresent(file);
        if (document.isEmpty()) {
            return NONE;
        }
        List<Mask> masks = new ArrayList<>();
        for (JsonNode mask : document.get().path("masks")) {
            masks.add(new Mask(
                    mask.path("length").asInt(0),
                    mask.path("sum").asInt(0),
                    mask.path("hash").asString("")));
        }
        byte[] salt = Base64.getDecoder().decode(document.get().path("salt").asString(""));
        return new Masks(
                salt, masks.stream().filter(mask -> mask.length() >= SHORTEST).toList());
    }

    /**
     * Adds secrets to the masks of a step's folder. Secrets of earlier attempts stay, because they are still in the
     * log.
     */
    public static void add(Path file, Collection<String> secrets) throws IOException {
        Set<String> lines = new TreeSet<>();
        secrets.forEach(secret -> secret.lines().map(String::strip).forEach(lines::add));
        lines.removeIf(line -> line.getBytes(StandardCharsets.UTF_8).length < SHORTEST);
        if (lines.isEmpty()) {
            return;
        }
        Masks before = read(file);
        byte[] salt = before.salt.length > 0 ? before.salt : RANDOM.generateSeed(16);
        Masks hashing = new Masks(salt, before.masks);
        Map<String, Mask> all = new LinkedHashMap<>();
        before.masks.forEach(mask -> all.put(mask.hash(), mask));
        for (String line : lines) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            String hash = hashing.hash(bytes, 0, bytes.length);
            all.put(hash, new Mask(bytes.length, sum(bytes, 0, bytes.length) & 0xffff, hash));
        }
        if (all.size() > before.masks.size()) {
            write(file, salt, all.values());
        }
    }

    private static void write(Path file, byte[] salt, Collection<Mask> masks) throws IOException {
        ObjectNode document = TYPE.create().put("salt", Base64.getEncoder().encodeToString(salt));
        ArrayNode array = document.putArray("masks");
        masks.forEach(mask -> array.addObject()
                .put("length", mask.length())
                .put("sum", mask.sum())
                .put("hash", mask.hash()));
        TYPE.write(file, document);
    }

    public boolean isEmpty() {
        return masks.isEmpty();
    }

    /** Bytes of the longest text. */
    public int longest() {
        return masks.stream().mapToInt(Mask::length).max().orElse(0);
    }

    /**
     * Finds the bytes that belong to a masked text.
     *
     * @return a flag for each of the first {@code length} bytes of {@code text}
     */
    public boolean[] find(byte[] text, int length) {
        boolean[] hidden = new boolean[length];
        for (int size : masks.stream().mapToInt(Mask::length).distinct().toArray()) {
            find(text, length, size, hidden);
        }
        return hidden;
    }

    private void find(byte[] text, int length, int size, boolean[] hidden) {
        if (size > length) {
            return;
        }
        int top = 1;
        for (int i = 1; i < size; i++) {
            top *= BASE;
        }
        int sum = sum(text, 0, size);
        for (int start = 0; ; start++) {
            if (isMasked(text, start, size, sum & 0xffff)) {
                Arrays.fill(hidden, start, start + size, true);
            }
            if (start + size >= length) {
                return;
            }
            sum = (sum - top * (text[start] & 0xff)) * BASE + (text[start + size] & 0xff);
        }
    }

    private boolean isMasked(byte[] text, int start, int size, int sum) {
        for (Mask mask : masks) {
            if (mask.length() == size && mask.sum() == sum && mask.hash().equals(hash(text, start, size))) {
                return true;
            }
        }
        return false;
    }

    private static int sum(byte[] text, int start, int size) {
        int sum = 0;
        for (int i = start; i < start + size; i++) {
            sum = sum * BASE + (text[i] & 0xff);
        }
        return sum;
    }

    private String hash(byte[] text, int start, int size) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(salt, ALGORITHM));
            mac.update(text, start, size);
            return Base64.getEncoder().encodeToString(mac.doFinal());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
