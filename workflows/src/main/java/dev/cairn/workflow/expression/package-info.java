/** The expressions of workflow files: parsed once, with the position of every part, and evaluated against a {@link Context}. */
@NullMarked
package dev.cairn.workflow.expression;

import org.jspecify.annotations.NullMarked;
