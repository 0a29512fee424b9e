package dev.cairn.run.internal.reuse;

import dev.cairn.files.DurableFiles;
import dev.cairn.files.Presence;
import dev.cairn.files.TreeRemoval;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * An earlier success whose outputs another step may use; immutable.
 *
 * @param run the id of its run
 * @param step the id of its step
 * @param products the files that it left, in the order of {@link Reusable#products}
 * @param texts the texts that it wrote to {@code $CAIRN_OUTPUT}, by name
 */
public record EarlierSuccess(String run, String step, List<Product> products, Map<String, String> texts) {
    public EarlierSuccess {
        products = List.copyOf(products);
        texts = Map.copyOf(texts);
    }

    /**
     * A file or folder.
     *
     * @param content its digest when the step succeeded
     */
    public record Product(Path path, String content) {}

    /** @throws IOException if a product is missing or cannot be read */
    public static EarlierSuccess of(
            String run, String step, Reusable reusable, Map<String, String> texts, BooleanSupplier giveUp)
            throws IOException {
        List<String> contents = reusable.contents(giveUp);
        if (contents.contains(ContentDigest.ABSENT)) {
            throw new IOException("of " + reusable + " something is not there");
        }
        List<Product> products = new ArrayList<>();
        for (int i = 0; i < contents.size(); i++) {
            products.add(new Product(reusable.products().get(i), contents.get(i)));
        }
        return new EarlierSuccess(run, step, products, texts);
    }

    /**
     * Copies its products to the places of another step's products, unless they are there already.
     *
     * @return false if they have changed since; then nothing was copied
     */
    public boolean takeOver(Reusable by, BooleanSupplier giveUp) throws IOException {
        ContentDigest digest = new ContentDigest(giveUp);
        List<Path> wanted = by.products();
        if (wanted.size() != products.size()) {
            return false;
        }
        Map<Path, Product> copies = new LinkedHashMap<>();
        for (int i = 0; i < wanted.size(); i++) {
            Product product = products.get(i);
            Path target = wanted.get(i);
            if (digest.of(target).equals(product.content())) {
                continue;
            }
            boolean whole =
                    !product.path().equals(target) && digest.of(product.path()).equals(product.content());
            if (!whole || Presence.isFolder(product.path()) && ContentDigest.isTaken(target)) {
                return false;
            }
            copies.put(target, product);
        }
        for (Map.Entry<Path, Product> copy : copies.entrySet()) {
            if (!copy(copy.getValue(), copy.getKey(), digest)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The same success, with the products in {@code by}, the newest copy, because the run that made them may be
     * removed.
     */
    public EarlierSuccess in(Reusable by) {
        List<Product> copies = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            copies.add(new Product(by.products().get(i), products.get(i).content()));
        }
        return new EarlierSuccess(run, step, copies, texts);
    }

    /** Whether one of its products is gone, so that its outputs can no longer be used. */
    boolean isSpent() throws IOException {
        for (Product product : products) {
            if (!ContentDigest.isTaken(product.path())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Copies a product completely or not at all. Follows no link and checks the copy's digest, because others may have
     * replaced the product since its check.
     *
     * @return false if it has changed
     */
    private static boolean copy(Product product, Path to, ContentDigest digest) throws IOException {
        Path folder = to.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(to + " cannot be written");
        }
        Files.createDirectories(folder);
        Path beside = folder.resolve("." + to.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try (Stream<Path> tree = Files.walk(product.path())) {
            for (Path path : (Iterable<Path>) tree::iterator) {
                copyOne(path, beside.resolve(product.path().relativize(path).toString()));
            }
            if (digest.of(beside).equals(product.content())) {
                Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE);
                DurableFiles.syncFolder(folder);
                return true;
            }
            return false;
        } finally {
            if (ContentDigest.isTaken(beside)) {
                TreeRemoval.remove(beside);
            }
        }
    }

    private static void copyOne(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        if (Files.readAttributes(to, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isRegularFile()) {
            try (FileChannel channel = FileChannel.open(to, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
