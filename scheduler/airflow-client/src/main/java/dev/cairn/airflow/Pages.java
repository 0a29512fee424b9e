package dev.cairn.airflow;

import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * A list that comes page by page, fetched as it is read. Confined to its reader's thread.
 *
 * <p>The server may silently return fewer entries than requested ({@code [api] maximum_page_limit}), so the next page
 * begins after the number of entries that came. {@code total_entries} may be null (cursor pages of newer servers): then
 * a {@code next_cursor} or an empty page tells the end.
 */
final class Pages<T> implements Iterator<T> {
    private static final int LIMIT = 100;

    private final ApiClient api;
    private final ApiRequest call;
    private final String[] names;
    private final Function<JsonNode, T> read;
    private final Deque<T> here = new ArrayDeque<>();
    private long seen;
    private Optional<String> cursor = Optional.empty();
    private boolean over;

    private Pages(ApiClient api, ApiRequest call, Function<JsonNode, T> read, String... names) {
        this.api = api;
        this.call = call;
        this.read = read;
        this.names = names;
    }

    /** @param names the names of the field that holds the list, in any version */
    static <T> Stream<T> of(ApiClient api, ApiRequest call, Function<JsonNode, T> read, String... names) {
        Iterator<T> pages = new Pages<>(api, call, read, names);
        return StreamSupport.stream(
                Spliterators.spliteratorUnknownSize(pages, Spliterator.ORDERED | Spliterator.NONNULL), false);
    }

    @Override
    public boolean hasNext() {
        while (here.isEmpty() && !over) {
            fetch();
        }
        return !here.isEmpty();
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return here.remove();
    }

    private void fetch() {
        ApiRequest page = call.with("limit", LIMIT);
        JsonNode answer;
        try {
            answer = api.call(cursor.map(at -> page.with("cursor", at)).orElseGet(() -> page.with("offset", seen)));
        } catch (AirflowException e) {
            throw new UncheckedIOException(e);
        }
        JsonNode list = list(answer);
        list.forEach(entry -> here.add(read.apply(entry)));
        seen += list.size();
        cursor = AirflowJson.optionalText(answer, "next_cursor");
        JsonNode total = answer.path("total_entries");
        over = list.isEmpty() || cursor.isEmpty() && total.isIntegralNumber() && seen >= total.longValue();
    }

    private JsonNode list(JsonNode answer) {
        for (String name : names) {
            if (answer.path(name).isArray()) {
                return answer.path(name);
            }
        }
        return AirflowJson.MAPPER.createArrayNode();
    }
}
