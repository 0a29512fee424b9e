/** Turns a workflow file into an immutable plan, and reports every problem with its position in the file. */
@NullMarked
package dev.cairn.workflow;

import org.jspecify.annotations.NullMarked;
