package dev.cairn.yaml;

import dev.cairn.workflow.problem.Place;
import dev.cairn.workflow.problem.Position;
import dev.cairn.workflow.problem.Problems;
import dev.cairn.workflow.value.Value;
import dev.cairn.yaml.Node.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;

/**
 * Builds a tree from the parser's events. The library's own composer does not serve: its recursion has no bound, and it
 * keeps the last of two equal keys.
 */
final class TreeBuilder {

    private static final int DEEPEST = 64;
    private static final long MOST_NODES = 2_000_000;
    private static final String MERGE = "<<";

    private final Iterator<Event> events;
    private final SourceText source;
    private final Problems problems;
    private final Map<String, Node> anchors = new HashMap<>();
    private final Map<Node, Long> sizes = new IdentityHashMap<>();
    private int depth;
    private boolean saidTooDeep;
    private long mergedEntries;

    TreeBuilder(Iterator<Event> events, SourceText source, Problems problems) {
        this.events = events;
        this.source = source;
        this.problems = problems;
    }

    Optional<Node> document() {
        events.next();
        if (events.next().getEventId() == Event.ID.StreamEnd) {
            return Optional.empty();
        }
        Node root = node(events.next(), Place.FILE).orElse(null);
        events.next();
        Event after = events.next();
        if (after.getEventId() != Event.ID.StreamEnd) {
            problems.add(Place.FILE.at(start(after)), "a second document begins here; a workflow file has one");
        }
        if (root != null && size(root) + mergedEntries > MOST_NODES) {
            problems.add(Place.FILE, "the aliases of this file unfold to more than " + MOST_NODES + " nodes");
            return Optional.empty();
        }
        return Optional.ofNullable(root);
    }

    /** Always consumes the whole node. Empty if a problem was reported. */
    private Optional<Node> node(Event event, Place place) {
        if (event instanceof AliasEvent alias) {
            return alias(alias, place);
        }
        NodeEvent start = (NodeEvent) event;
        Optional<Node> node;
        if (++depth > DEEPEST) {
            node = tooDeep(event, place);
        } else if (event instanceof ScalarEvent scalar) {
            node = scalar(scalar, place);
        } else if (event instanceof SequenceStartEvent) {
            node = Optional.of(sequence(place));
        } else {
            node = Optional.of(mapping(place));
        }
        depth--;
        node.ifPresent(done -> start.getAnchor().ifPresent(anchor -> anchors.put(anchor.getValue(), done)));
        return node;
    }

    /** Reports the depth once, because a file that is this deep is often thousands deep. */
    private Optional<Node> tooDeep(Event event, Place place) {
        if (!saidTooDeep) {
            problems.add(place, "nested more than " + DEEPEST + " deep");
            saidTooDeep = true;
        }
        skip(event);
        return Optional.empty();
    }

    private Optional<Node> alias(AliasEvent event, Place place) {
        String name = event.getAnchor().map(Anchor::getValue).orElse("");
        Node node = anchors.get(name);
        if (node == null) {
            problems.add(place, "the alias *" + name + " has no anchor &" + name + " above it");
        }
        return Optional.ofNullable(node);
    }

    private Optional<Node> scalar(ScalarEvent event, Place place) {
        String text = event.getValue();
        Optional<Value> value = value(event, text);
        if (value.isEmpty()) {
            problems.add(place, "the tag " + event.getTag().orElse("") + " is not known here");
            return Optional.empty();
        }
        Mark start = event.getStartMark().orElseThrow();
        Mark end = event.getEndMark().orElseThrow();
        int nul = text.indexOf('\0');
        if (nul >= 0) {
            problems.add(
                    place.at(source.locate(text, nul, start, end)),
                    "a text with the character U+0000 in it: no command, variable or path can hold that");
        }
        return Optional.of(counted(
                new Node.Scalar(place, text, value.get(), offset -> source.locate(text, offset, start, end)), 1));
    }

    private static Optional<Value> value(ScalarEvent event, String text) {
        return switch (event.getTag().orElse("")) {
            case "" -> Optional.of(event.isPlain() ? CoreSchema.value(text) : new Value.Text(text));
            case "!", "tag:yaml.org,2002:str" -> Optional.of(new Value.Text(text));
            default -> Optional.empty();
        };
    }

    private Node sequence(Place place) {
        List<Node> items = new ArrayList<>();
        long size = 1;
        for (Event event = events.next(); event.getEventId() != Event.ID.SequenceEnd; event = events.next()) {
            Optional<Node> item = node(event, place.item(items.size(), start(event)));
            if (item.isPresent()) {
                items.add(item.get());
                size += size(item.get());
            }
        }
        return counted(new Node.Sequence(place, items), size);
    }

    private Node mapping(Place place) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        List<Entry> merged = new ArrayList<>();
        long size = 1;
        for (Event event = events.next(); event.getEventId() != Event.ID.MappingEnd; event = events.next()) {
            Position keyPosition = start(event);
            Optional<String> key = key(event, place);
            Event valueStart = events.next();
            String name = key.orElse("?");
            Optional<Node> value = node(valueStart, place.key(name, start(valueStart)));
            if (key.isEmpty() || value.isEmpty()) {
                continue;
            }
            Entry entry = new Entry(place.key(name, keyPosition), value.get());
            size += size(value.get());
            if (name.equals(MERGE)) {
                merged.add(entry);
            } else if (entries.putIfAbsent(name, entry) != null) {
                problems.add(
                        entry.key(),
                        "\"" + name + "\" is already given in line "
                                + entries.get(name).key().position().line());
            }
        }
        for (Entry merge : merged) {
            merge(merge, entries);
        }
        return counted(new Node.Mapping(place, entries), size);
    }

    private Optional<String> key(Event event, Place place) {
        Optional<Node> key = node(event, place.key("?", start(event)));
        if (key.isPresent() && key.get() instanceof Node.Scalar scalar) {
            return Optional.of(scalar.text());
        }
        key.ifPresent(node -> problems.add(place.at(start(event)), "a key must be a text, not " + node.kind()));
        return Optional.empty();
    }

    /** A mapping's own entries override merged ones, and earlier merges override later ones. */
    private void merge(Entry merge, Map<String, Entry> entries) {
        Node value = merge.value();
        List<Node> sources = value instanceof Node.Sequence sequence ? sequence.items() : List.of(value);
        for (Node from : sources) {
            if (!(from instanceof Node.Mapping mapping)) {
                problems.add(merge.key(), "<< takes a mapping or a list of mappings, not " + from.kind());
                return;
            }
            mergedEntries += mapping.entries().size();
            if (mergedEntries > MOST_NODES) {
                return;
            }
            mapping.entries().forEach(entries::putIfAbsent);
        }
    }

    /** Reads to the end of the collection that {@code first} begins. */
    private void skip(Event first) {
        int open = opens(first);
        while (open > 0) {
            open += opens(events.next());
        }
    }

    private static int opens(Event event) {
        return switch (event.getEventId()) {
            case SequenceStart, MappingStart -> 1;
            case SequenceEnd, MappingEnd -> -1;
            default -> 0;
        };
    }

    /** Limits the expanded size, which each node knows, because aliases let a short file expand to a huge tree. */
    private <N extends Node> N counted(N node, long size) {
        sizes.put(node, Math.min(size, MOST_NODES + 1));
        return node;
    }

    private long size(Node node) {
        return sizes.getOrDefault(node, 1L);
    }

    private static Position start(Event event) {
        @Nullable Mark mark = event.getStartMark().orElse(null);
        return mark == null ? Position.START : SourceText.position(mark);
    }
}
