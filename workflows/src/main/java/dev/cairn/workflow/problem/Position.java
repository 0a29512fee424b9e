package dev.cairn.workflow.problem;

/** A position in a text file, as editors count: both numbers from 1, columns in code points. */
public record Position(int line, int column) implements Comparable<Position> {

    /** The first character of a file, at which a problem with the whole file is shown. */
    public static final Position START = new Position(1, 1);

    @Override
    public int compareTo(Position other) {
        return line != other.line ? Integer.compare(line, other.line) : Integer.compare(column, other.column);
    }

    @Override
    public String toString() {
        return line + ":" + column;
    }
}
