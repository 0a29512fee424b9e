/** From the text of a workflow file to its specification. The description of the keys here is also the JSON Schema. */
@NullMarked
package dev.cairn.workflow.internal.read;

import org.jspecify.annotations.NullMarked;
