/** What a person may ask of a run: commands, their results, and the ways to stop. */
@NullMarked
package dev.cairn.run.control;

import org.jspecify.annotations.NullMarked;
