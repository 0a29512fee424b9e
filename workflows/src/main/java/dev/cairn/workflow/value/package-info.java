/** The values of expressions, and the text forms of durations and sizes. */
@NullMarked
package dev.cairn.workflow.value;

import org.jspecify.annotations.NullMarked;
