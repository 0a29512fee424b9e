package dev.cairn.workflow.problem;

/**
 * A place in a text file, as editors count: both from 1, columns in code points.
 */
public record Position(int line, int column) implements Comparable<Position> {

    /** The first character of a file: where a problem with the file as a whole is shown. */
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
