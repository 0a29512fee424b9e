package dev.cairn.yaml;

import dev.cairn.workflow.value.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;

/**
 * The core schema of YAML 1.2, which gives plain scalars their type. {@code yes}, {@code on} and {@code 12:30} are
 * texts.
 *
 * @see <a href="https://yaml.org/spec/1.2.2/#103-core-schema">YAML 1.2.2, section 10.3</a>
 */
final class CoreSchema {

    private static final Pattern DECIMAL =
            Pattern.compile("[-+]?(\\.\\d{1,30}|\\d{1,30}(\\.\\d{0,30})?)([eE][-+]?\\d{1,3})?");
    private static final Pattern OCTAL = Pattern.compile("0o[0-7]{1,30}");
    private static final Pattern HEXADECIMAL = Pattern.compile("0x[0-9a-fA-F]{1,30}");

    private CoreSchema() {}

    static Value value(String text) {
        return switch (text) {
            case "", "~", "null", "Null", "NULL" -> Value.NULL;
            case "true", "True", "TRUE" -> new Value.Bool(true);
            case "false", "False", "FALSE" -> new Value.Bool(false);
            default -> number(text);
        };
    }

    private static Value number(String text) {
        char first = text.charAt(0);
        if (first > '9') {
            return new Value.Text(text);
        }
        if (DECIMAL.matcher(text).matches()) {
            return new Value.Number(new BigDecimal(text), text);
        }
        if (OCTAL.matcher(text).matches()) {
            return new Value.Number(new BigDecimal(new BigInteger(text.substring(2), 8)), text);
        }
        if (HEXADECIMAL.matcher(text).matches()) {
            return new Value.Number(new BigDecimal(new BigInteger(text.substring(2), 16)), text);
        }
        return new Value.Text(text);
    }
}
