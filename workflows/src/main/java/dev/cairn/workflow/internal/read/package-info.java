/** Reads a workflow file into its specification; its descriptions of the keys also produce the JSON Schema. */
@NullMarked
package dev.cairn.workflow.internal.read;

import org.jspecify.annotations.NullMarked;
