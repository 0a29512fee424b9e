package dev.cairn.workflow.value;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes in the form that people write: {@code 16G}, {@code 512MiB}, {@code 1.5T}. {@code G}, {@code Gi} and {@code GiB}
 * are powers of 1024, as Slurm means them; {@code GB} is a power of 1000.
 */
public final class Sizes {

    /** The pattern of a size's text, for a schema. */
    public static final String PATTERN = "^(\\d{1,15}(\\.\\d{1,9})?)([KMGT])(i|iB|B)?$";

    private static final Pattern SYNTAX = Pattern.compile(PATTERN);
    private static final String UNITS = "KMGT";

    private Sizes() {}

    /** The size in bytes. Empty if the text is not a size, or exceeds a long. A number without a unit is not a size. */
    public static Optional<Long> parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        BigDecimal base = BigDecimal.valueOf("B".equals(matcher.group(4)) ? 1000 : 1024);
        BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(base.pow(UNITS.indexOf(matcher.group(3)) + 1));
        return bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
                ? Optional.empty()
                : Optional.of(bytes.longValue());
    }

    /** For people: {@code 512 B}, {@code 1.2 MiB}. */
    public static String text(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int power = Math.min(UNITS.length(), (63 - Long.numberOfLeadingZeros(bytes)) / 10);
        return String.format(Locale.ROOT, "%.1f %ciB", bytes / Math.pow(1024, power), UNITS.charAt(power - 1));
    }
}
