/**
 * The values that expressions compute with, and the texts that stand for durations and sizes.
 */
@NullMarked
package dev.cairn.workflow.value;

import org.jspecify.annotations.NullMarked;
