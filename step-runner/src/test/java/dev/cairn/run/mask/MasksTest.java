package dev.cairn.run.mask;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MasksTest {
    @TempDir
    Path folder;

    private Masks of(String... secrets) throws IOException {
        Path file = folder.resolve("masks.json");
        Masks.add(file, List.of(secrets));
        return Masks.read(file);
    }

    /** In parts of so many bytes. */
    private static String shown(Masks masks, String text, int part) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MaskedOutput masked = new MaskedOutput(out);
        byte[] bytes = text.getBytes(UTF_8);
        for (int at = 0; at < bytes.length; at += part) {
            int length = Math.min(part, bytes.length - at);
            byte[] piece = new byte[length];
            System.arraycopy(bytes, at, piece, 0, length);
            masked.write(masks, piece, length);
        }
        masked.finish(masks);
        return out.toString(UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "hunter2,          a hunter2 b,           a *** b",
        "hunter2,          hunter2,               ***",
        "hunter2,          xhunter2x,             x***x",
        "hunter2,          hunter,                hunter",
        "hunter2,          hunter2hunter2,        ***",
        "hunter2,          'hunter2\nhunter2\n',  '***\n***\n'",
        "aba,              ababa!,                ***!",
        "geheimnißvoll,    das geheimnißvoll ist, das *** ist",
        "'ab',             ab,                    ab",
        "'line1\nline2\n', 'line2 line1',         '*** ***'",
        "'line1\nab\n',    'ab line1',            'ab ***'",
        "'a b c',          'a b c d',             '*** d'",
    })
    void masksWhereverItStandsAndHoweverItIsRead(String secret, String text, String expected) throws Exception {
        Masks masks = of(secret);
        for (int part = 1; part <= text.length() + 1; part++) {
            assertThat(shown(masks, text, part)).as("in parts of %s", part).isEqualTo(expected);
        }
    }

    @Test
    void masksLikeAPlainSearchAndTheSameInAnyParts() throws Exception {
        Random random = new Random(7);
        Masks masks = of("abc", "cab", "aaaa", "bcbcb");
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 60; i++) {
                text.append("abc\n".charAt(random.nextInt(20) == 0 ? 3 : random.nextInt(3)));
            }
            String expected = plain(text.toString(), "abc", "cab", "aaaa", "bcbcb");
            for (int part : new int[] {1, 2, 3, 7, 100}) {
                assertThat(shown(masks, text.toString(), part))
                        .as("%s in %s", text, part)
                        .isEqualTo(expected);
            }
        }
    }

    private static String plain(String text, String... secrets) {
        boolean[] hidden = new boolean[text.length()];
        for (String secret : secrets) {
            for (int at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
                java.util.Arrays.fill(hidden, at, at + secret.length(), true);
            }
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (!hidden[i]) {
                shown.append(text.charAt(i));
            } else if (i == 0 || !hidden[i - 1]) {
                shown.append("***");
            }
        }
        return shown.toString();
    }

    @Test
    void whatALaterAttemptHasIsAddedAndNothingOfItIsOnDisk() throws Exception {
        of("first-secret");
        Masks both = of("second-secret", "first-secret");
        assertThat(shown(both, "first-secret second-secret", 5)).isEqualTo("*** ***");
        Path file = folder.resolve("masks.json");
        assertThat(Files.readString(file)).doesNotContain("first", "second", "secret\"");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void showsWhatCannotBecomeASecretAtOnce() throws Exception {
        Masks masks = of("hunter2");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MaskedOutput masked = new MaskedOutput(out);
        byte[] text = "done\nPassword: ".getBytes(UTF_8);
        masked.write(masks, text, text.length);
        assertThat(out.toString(UTF_8)).startsWith("done\nPass").doesNotContain("word: ");
        masked.finish(masks);
        assertThat(out.toString(UTF_8)).isEqualTo("done\nPassword: ");
    }
}
