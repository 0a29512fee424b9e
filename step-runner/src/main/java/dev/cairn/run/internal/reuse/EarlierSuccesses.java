package dev.cairn.run.internal.reuse;

import dev.cairn.files.DocumentType;
import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The successes of steps with {@code cache} in one home, {@code cache/KEY.json}. Immutable; any thread, any number of processes. */
public final class EarlierSuccesses {
    private static final DocumentType TYPE = new DocumentType("cairn.success", 1);
    private static final Pattern KEY = Pattern.compile("sha256:([0-9a-f]{64})");

    private final Path folder;

    public EarlierSuccesses(Path folder) {
        this.folder = folder;
    }

    /** @param key the key from {@link Reusable#key} */
    public Optional<EarlierSuccess> of(String key) throws IOException {
        return TYPE.readIfPresent(file(key), EarlierSuccesses::read);
    }

    /** The documents of successes that have lost all of their products. */
    public List<Path> spent() throws IOException {
        List<Path> spent = new ArrayList<>();
        if (!Presence.isFolder(folder, LinkOption.NOFOLLOW_LINKS)) {
            return spent;
        }
        try (DirectoryStream<Path> documents = Files.newDirectoryStream(folder, "*.json")) {
            for (Path document : documents) {
                Optional<EarlierSuccess> success = TYPE.readIfPresent(document, EarlierSuccesses::read);
                if (success.isPresent() && success.get().isSpent()) {
                    spent.add(document);
                }
            }
        }
        return spent;
    }

    /** Replaces the success of a key: only the newest counts. */
    public void put(String key, EarlierSuccess success) throws IOException {
        ObjectNode root = TYPE.create().put("run", success.run()).put("step", success.step());
        ArrayNode products = root.putArray("products");
        success.products()
                .forEach(product -> products.addObject()
                        .put("path", product.path().toString())
                        .put("content", product.content()));
        ObjectNode texts = root.putObject("texts");
        new TreeMap<>(success.texts()).forEach(texts::put);
        DurableFiles.createFolders(folder);
        TYPE.write(file(key), root);
    }

    private Path file(String key) {
        Matcher digits = KEY.matcher(key);
        if (!digits.matches()) {
            throw new IllegalArgumentException("not a key: " + key);
        }
        return folder.resolve(digits.group(1) + ".json");
    }

    private static EarlierSuccess read(JsonNode root) {
        List<EarlierSuccess.Product> products = new ArrayList<>();
        root.path("products")
                .forEach(node -> products.add(new EarlierSuccess.Product(
                        Path.of(node.path("path").asString()),
                        node.path("content").asString())));
        Map<String, String> texts = new TreeMap<>();
        root.path("texts").forEachEntry((name, text) -> texts.put(name, text.asString()));
        return new EarlierSuccess(root.path("run").asString(), root.path("step").asString(), products, texts);
    }
}
