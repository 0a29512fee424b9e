/** The events of a run, as listeners receive them and as {@code events.jsonl} records them. */
@NullMarked
package dev.cairn.run.event;

import org.jspecify.annotations.NullMarked;
