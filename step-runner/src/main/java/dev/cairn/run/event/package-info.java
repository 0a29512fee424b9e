/** What happens in a run, as it is told to listeners and written to events.jsonl. */
@NullMarked
package dev.cairn.run.event;

import org.jspecify.annotations.NullMarked;
