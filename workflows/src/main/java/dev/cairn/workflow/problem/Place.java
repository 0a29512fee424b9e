package dev.cairn.workflow.problem;

/**
 * A place in a workflow file, for editors and for people.
 *
 * @param path the YAML path, e.g. {@code steps[2].retry.max}; empty for the file as a whole
 */
public record Place(Position position, String path) {

    /** The file as a whole. */
    public static final Place FILE = new Place(Position.START, "");

    /** The place of a key in the mapping at this place. */
    public Place key(String key, Position position) {
        return new Place(position, path.isEmpty() ? key : path + "." + key);
    }

    /** The place of an item, counted from 0, in the list at this place. */
    public Place item(int index, Position position) {
        return new Place(position, path + "[" + index + "]");
    }

    /** Another position within the value at this place. */
    public Place at(Position position) {
        return new Place(position, path);
    }
}
