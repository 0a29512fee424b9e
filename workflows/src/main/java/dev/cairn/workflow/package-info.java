/** From a workflow file to an immutable plan: YAML to spec, spec to plan, every problem with its place in the file. */
@NullMarked
package dev.cairn.workflow;

import org.jspecify.annotations.NullMarked;
