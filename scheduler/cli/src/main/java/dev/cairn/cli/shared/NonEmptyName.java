package dev.cairn.cli.shared;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A name that a person gives to what is to be found by it again; an empty one is a variable that was not set. */
public final class NonEmptyName implements ITypeConverter<String> {
    @Override
    public String convert(String name) {
        if (name.isBlank()) {
            throw new TypeConversionException("it must not be empty");
        }
        return name;
    }
}
