package dev.cairn.cli.shared;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A name chosen by the user. Refuses an empty one, which usually comes from an unset shell variable. */
public final class NonEmptyName implements ITypeConverter<String> {
    @Override
    public String convert(String name) {
        if (name.isBlank()) {
            throw new TypeConversionException("it must not be empty");
        }
        return name;
    }
}
