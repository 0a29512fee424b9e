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
 * A success whose outputs may stand for those of another step; immutable.
 *
 * @param run its run's id
 * @param step its id
 * @param products what it left, in the order of {@link Reusable#products}
 * @param texts what it wrote to {@code $CAIRN_OUTPUT}, by name
 */
public record EarlierSuccess(String run, String step, List<Product> products, Map<String, String> texts) {
    public EarlierSuccess {
        products = List.copyOf(products);
        texts = Map.copyOf(texts);
    }

    /**
     * A file or folder.
     *
     * @param content its digest, as it was when the step succeeded
     */
    public record Product(Path path, String content) {}

    /** @throws IOException when a product is not there or cannot be read */
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
     * Puts its products where another step is to leave its own, unless they are there already.
     *
     * @return false when they are no longer what they were; then nothing has been changed
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

    /** The same, of which {@code by} holds the newest copy: the run that has run the step may be removed. */
    public EarlierSuccess in(Reusable by) {
        List<Product> copies = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            copies.add(new Product(by.products().get(i), products.get(i).content()));
        }
        return new EarlierSuccess(run, step, copies, texts);
    }

    /** Whether one of its products is gone, so that it stands for no other step any more. */
    boolean isSpent() throws IOException {
        for (Product product : products) {
            if (!ContentDigest.isTaken(product.path())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whole under its name, or not at all. Follows no link, which others may have put there since its content was looked at, and so
     * looks at the copy again.
     *
     * @return false when it is no longer what it was
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
