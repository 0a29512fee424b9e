/** The commands {@code validate}, {@code plan} and {@code schema}. */
@NullMarked
package dev.cairn.cli.workflow;

import org.jspecify.annotations.NullMarked;
